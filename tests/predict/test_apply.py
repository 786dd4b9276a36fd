from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segcli.datasets.palette import default_palette
from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.predict.apply import WholeImage, predict_image, predict_rows
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images, Predictor
from segcli.task_kind import KINDS, TaskName

CLASSES = ("a", "b", "c")


class Pixelwise(Predictor):
    """Predict every pixel for itself; the classes of multiclass are its channels."""

    def __init__(self, task: TaskName = "multiclass") -> None:
        self.name, self.kind, self.dtype, self.channels = "pixels.ckpt", KINDS[task], "uint8", 3
        self.classes = CLASSES[:2] if task == "binary" else CLASSES
        self.palette, self.image_mode, self.shapes = default_palette(3), "RGB", list[tuple[int, ...]]()

    def labels(self, images: Images) -> NDArray[np.uint8]:
        self.shapes.append(images.shape)
        return self.kind.predict(self._logits(images)).numpy()

    def probabilities(self, images: Images) -> NDArray[np.float32]:
        self.shapes.append(images.shape)
        return self.kind.probabilities(self._logits(images)).numpy()

    def _logits(self, images: Images) -> torch.Tensor:
        self.require(images)
        logits = torch.from_numpy(
            np.moveaxis(images.astype(np.float32), 3, 1) / 64 - 2.01
        )  # none is 0, which rounding decides
        return logits[:, :1] if self.kind.name == "binary" else logits


def _inference(predictor: Predictor, **settings: Any) -> Inference:  # noqa: ANN401
    return Inference(InferenceSettings(**settings), predictor.kind.name, predictor.classes)


@pytest.fixture
def image() -> Images:
    return np.random.default_rng(0).integers(0, 256, (150, 97, 3), np.uint8)


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
@pytest.mark.parametrize(
    "settings", [{}, {"tile": 64}, {"tile": 100, "overlap": 0}, {"tta": ["hflip", "vflip"]}], ids=str
)
@pytest.mark.parametrize("probabilities", [False, True])
def test_labels_are_those_of_the_whole_image(
    image: Images, task: TaskName, settings: dict[str, Any], probabilities: bool
) -> None:
    predictor = Pixelwise(task)
    found = predict_image(predictor, image, _inference(predictor, **settings), probabilities)
    assert (found.labels == predictor.labels(image[None])[0]).mean() > 0.9999  # ties, after rounding
    assert found.labels.dtype == np.uint8
    assert (found.probabilities is not None) is probabilities
    if found.probabilities is not None:
        np.testing.assert_allclose(found.probabilities, predictor.probabilities(image[None])[0], atol=1e-6)


def test_an_image_within_a_tile_is_the_whole_bit_for_bit(predictor: CheckpointPredictor, images: Images) -> None:
    expected = predictor.labels(images[:1])[0]
    assert (predict_image(predictor, images[0], _inference(predictor, tile=128)).labels == expected).all()


def test_tiles_are_read_and_given_row_by_row(image: Images) -> None:
    predictor, asked = Pixelwise(), []

    class Read(WholeImage):
        def rows(self, first: int, last: int) -> Images:
            asked.append((first, last))
            return super().rows(first, last)

    bands = predict_rows(predictor, Read(image), _inference(predictor, tile=64, overlap=16), at_once=2)
    assert [band.labels.shape for band in bands] == [(48, 97), (38, 97), (64, 97)]
    assert asked == [(0, 64), (48, 112), (86, 150)]
    assert set(predictor.shapes) == {(2, 64, 64, 3)}


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_thresholds_decide(image: Images, task: TaskName) -> None:
    predictor = Pixelwise(task)
    shares = [
        predict_image(predictor, image, _inference(predictor, threshold=threshold)).labels.mean()
        for threshold in (0.2, 0.5, 0.8)
    ]
    assert shares[0] > shares[1] > shares[2]
    assert (predict_image(predictor, image, _inference(predictor)).labels.mean()) == shares[1]


@pytest.mark.parametrize("settings", [{}, {"tile": 64}], ids=str)
@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_small_regions_go_from_the_whole_image(image: Images, task: TaskName, settings: dict[str, Any]) -> None:
    predictor = Pixelwise(task)
    found = predict_image(predictor, image, _inference(predictor, min_area_px=10_000, **settings)).labels
    assert found.shape[-2:] == (150, 97)
    assert len(np.unique(found)) == 1


def test_a_mirrored_view_is_mirrored_for_the_model(image: Images) -> None:
    predictor = Pixelwise()
    seen = []
    predictor.probabilities = lambda images: (seen.append(images.copy()), Pixelwise.probabilities(predictor, images))[1]  # type: ignore[method-assign]
    predict_image(predictor, image, _inference(predictor, tta=["hflip"]))
    assert (seen[0][0] == image).all()
    assert (seen[1][0] == image[:, ::-1]).all()
