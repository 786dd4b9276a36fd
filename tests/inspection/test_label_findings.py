from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from segcli.inspection.label_findings import class_probabilities, doubted_labels, require_comparable
from segcli.inspection.prepared_splits import prepare_splits
from segcli.sample import DataError
from segcli.segmenter import Segmenter
from segcli.task_kind import KINDS
from tests.inspection.data import CLASSES, data_in, labels, scene, write, write_data


class Knows(nn.Module):
    """Is sure of the columns that every mask without fault has."""

    kind, num_outputs, classes = KINDS["multiclass"], 3, tuple(CLASSES)

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(1))

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        truth = torch.from_numpy(labels(height, width, _TRUTH)).long()
        return 20.0 * nn.functional.one_hot(truth, 3).permute(2, 0, 1)[None]


_TRUTH = (0,) * 22 + (1,) * 21 + (2,) * 21


def _data(folder: Path) -> Path:
    """Data of whose masks two are wrong, the one of train more so."""
    write_data(folder)
    for split, names in (("train", "abcd"), ("val", "ef")):
        for name in names:
            mask = labels(values=_TRUTH)
            if name == "c":
                mask[10:40, 25:40] = 2
            if name == "e":
                mask[5:15, 0:20] = 1
            write(folder / "data", split, name, scene(ord(name)), mask)
    return folder / "data"


def test_the_most_doubted_are_named_and_drawn(tmp_path: Path) -> None:
    data, advanced = data_in(_data(tmp_path)), list[int]()
    prepare_splits(data)
    model: Segmenter = Knows()  # type: ignore[assignment]
    (finding,) = doubted_labels(data, model, 5, tmp_path / "out", lambda: advanced.append(1))
    assert (finding.severity, finding.kind, len(advanced)) == ("warning", "doubted-labels", 6)
    first, second = tmp_path / "out" / "01_train_c.png", tmp_path / "out" / "02_val_e.png"
    assert finding.files == (
        f"train: c.png: 450 px of car look like tree (x 25 to 40, y 10 to 40): {first}",
        f"val: e.png: 200 px of tree look like ground (x 0 to 20, y 5 to 15): {second}",
    )
    drawn = np.asarray(Image.open(first))
    assert drawn.shape[1] == 4 * 64 + 3 * 2
    assert np.array_equal(drawn[20:68, :64], scene(ord("c")))
    (finding,) = doubted_labels(data, model, 1, tmp_path / "one")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["01_train_c.png"]


def test_labels_that_are_right_are_no_finding_and_bad_files_are_left_to_others(tmp_path: Path) -> None:
    folder = _data(tmp_path)
    (folder / "train" / "images" / "c.png").write_text("no image")
    (folder / "val" / "labels" / "e.png").write_text("no image")
    data = data_in(folder)
    prepare_splits(data)
    assert list(doubted_labels(data, Knows(), 5, tmp_path / "out")) == []  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_probabilities_of_a_binary_model_are_those_of_both_classes() -> None:
    class Binary(Knows):
        kind, num_outputs = KINDS["binary"], 1

        def forward(self, image: Tensor) -> Tensor:
            return torch.full((1, 1, 4, 5), 2.0)

    found = class_probabilities(Binary(), np.zeros((4, 5, 3), np.uint8))  # type: ignore[arg-type]
    assert found.shape == (2, 4, 5)
    np.testing.assert_allclose(found[:, 0, 0], [1 - 0.880797, 0.880797], rtol=1e-5)


@pytest.mark.parametrize(("keys", "message"), [({"classes": ["a", "b", "c"]}, "a model of ground, tree, car")])
def test_a_model_of_other_classes_is_refused(tmp_path: Path, keys: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_comparable(data_in(write_data(tmp_path), **keys), Knows())  # type: ignore[arg-type]
    require_comparable(data_in(tmp_path / "data"), Knows())  # type: ignore[arg-type]
