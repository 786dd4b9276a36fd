import math

import numpy as np
import pytest
import torch

from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.export.agreement import Agreement, compare_predictions, samples
from segcli.sample import IGNORE_INDEX
from segcli.segmenter import Segmenter
from tests.export.test_exported_model import Zeros


def _val(size: int = 48) -> ShapesDataModule:
    data = ShapesDataModule(train_size=1, val_size=5, test_size=1, image_size=size)
    data.prepare("val")
    return data


class Shifted(Zeros):
    """Predicts what a model does, but for some labels."""

    def __init__(self, model: Segmenter, wrong: int, **changes: object) -> None:
        super().__init__(**changes)
        self.model, self.wrong = model, wrong

    def run(self, images):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        labels = self.model.predict(images[0]).copy()
        labels.reshape(-1)[: self.wrong] = (labels.reshape(-1)[: self.wrong] + 1) % 4
        return {"labels": labels[None]}


@pytest.mark.parametrize("wrong", [0, 1, 100])
def test_labels_that_differ_are_counted(segmenter: Segmenter, wrong: int) -> None:
    found = compare_predictions(segmenter, Shifted(segmenter, wrong), _val().datasets["val"], 3)
    assert (found.images, found.pixels, found.differing) == (3, 3 * 48 * 48, 3 * wrong)
    assert (found.model_miou == found.file_miou) == (wrong == 0)
    assert bool(found.refusal(int8=False)) == (wrong == 100)


@pytest.mark.parametrize(
    ("found", "int8", "refusal"),
    [
        (Agreement(1, 1000, 1, 0.5, 0.5), False, ""),
        (Agreement(1, 1000, 2, 0.5, 0.5), False, "0.20% of labels differ"),
        (Agreement(1, 1000, 2, 0.5, 0.5), True, ""),
        (Agreement(1, 1000, 0, 0.5, 0.498), False, "mIoU falls from 0.5000 to 0.4980"),
        (Agreement(1, 1000, 500, 0.5, 0.495), True, ""),
        (Agreement(1, 1000, 500, 0.5, 0.48), True, "mIoU falls"),
        (Agreement(1, 1000, 0, 0.5, math.nan), True, "mIoU of the file is no number"),
        (Agreement(1, 1000, 0, math.nan, math.nan), False, ""),
    ],
)
def test_what_differs_too_much_is_refused(found: Agreement, int8: bool, refusal: str) -> None:
    told = found.refusal(int8)
    assert told.startswith(refusal)
    assert bool(told) == bool(refusal)


def test_images_are_spread_over_the_split_and_fitted() -> None:
    dataset = _val().datasets["val"]
    assert len(list(samples(dataset, 9))) == 5
    first, *_, last = samples(dataset, 3)
    assert torch.equal(first[0][0], dataset[0]["image"])
    assert torch.equal(last[0][0], dataset[4]["image"])
    for image, mask in samples(dataset, 1, (32, 60)):
        assert image.shape == (1, 3, 32, 60)
        assert mask.shape == (1, 32, 60)
        assert (mask[..., 48:] == IGNORE_INDEX).all()
        assert (image[..., 48:] == 0).all()
        assert np.array_equal(mask[0, :, :48], dataset[0]["mask"][:32])
