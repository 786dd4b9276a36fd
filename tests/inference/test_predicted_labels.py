from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.label_table import Values, label_table
from segcli.datasets.record_labels import ClassFileLabels, TableLabels
from segcli.inference.predicted_labels import PredictedLabels, read_class_files, require_size_of_mask
from segcli.sample import DataError

CLASSES = ("sky", "road", "car")


def _masks(values: Values, ignore: tuple[int | str, ...] = (), others: str = "error") -> TableLabels:
    return TableLabels(label_table(CLASSES, values, ignore, other_values=others))


def _save(path: Path, pixels: object, mode: str | None = None) -> Path:
    Image.fromarray(np.array(pixels, np.uint8), mode).save(path)
    return path


def test_indices_are_read_whatever_the_palette_shows(tmp_path: Path) -> None:
    pixels = np.array([[0, 2], [1, 1]], np.uint8)
    for colours in ([9, 9, 9, 0, 0, 0, 5, 5, 5], [255, 0, 0, 0, 255, 0, 0, 0, 255]):
        image = Image.fromarray(pixels)
        image.putpalette(colours)
        image.save(tmp_path / "a.png")
        assert (PredictedLabels(CLASSES, "classes", None)(tmp_path / "a.png") == pixels).all()


def test_what_masks_hold_is_read_like_them(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", [[7, 8], [255, 7]])
    assert PredictedLabels(CLASSES, "masks", _masks({7: "sky", 8: "road", 255: "car"}))(path).tolist() == [
        [0, 1],
        [2, 0],
    ]
    red = _save(tmp_path / "b.png", [[[255, 0, 0], [0, 0, 0]]])
    colours = _masks({"#000000": "sky", "#ff0000": "car", "#00ff00": "road"})
    assert PredictedLabels(CLASSES, "masks", colours)(red).tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ("values", "pixels", "told"),
    [
        ("classes", [[0, 3]], r"a.png has mask value 3 \(1 pixels\), expected 0 to 2.*--others CLASS.*--values masks"),
        ("classes", [[0, 255]], r"a.png has mask value 255 \(1 pixels\)"),
        ("masks", [[7, 1]], r"a.png has mask value 1 \(1 pixels\), expected 7 to 9.*--others CLASS"),
        ("masks", [[7, 0]], r"a.png has mask value 0 \(1 pixels\)"),
    ],
)
def test_what_is_no_class_is_refused_or_of_one_that_is_named(
    tmp_path: Path, values: str, pixels: list[list[int]], told: str
) -> None:
    path = _save(tmp_path / "a.png", pixels)
    masks = _masks({7: "sky", 8: "road", 9: "car"}, ignore=(0,))
    with pytest.raises(DataError, match=f"(?s){told}"):
        PredictedLabels(CLASSES, values, masks)(path)  # type: ignore[arg-type]
    assert PredictedLabels(CLASSES, values, masks, "road")(path).tolist() == [[0, 1]]  # type: ignore[arg-type]


def test_other_values_of_masks_are_of_their_class(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", [[7, 1]])
    assert PredictedLabels(CLASSES, "masks", _masks({7: "road", 9: "car"}, others="sky"))(path).tolist() == [[1, 0]]
    with pytest.raises(DataError, match="mask value 1"):
        PredictedLabels(CLASSES, "masks", _masks({7: "sky", 8: "road", 9: "car"}, others="ignore"))(path)


def test_wrong_keys_are_refused() -> None:
    with pytest.raises(DataError, match="--others got 'rod', expected a class of"):
        PredictedLabels(CLASSES, "classes", None, "rod")
    for masks in (None, ClassFileLabels({"sky": 0}, 3)):
        with pytest.raises(DataError, match="--values masks got data whose masks are no files of values"):
            PredictedLabels(CLASSES, "masks", masks)


def test_a_file_for_each_class_says_no_or_yes(tmp_path: Path) -> None:
    one, other = _save(tmp_path / "a.png", [[0, 255]]), _save(tmp_path / "b.png", [[1, 0]])
    assert read_class_files([one, other]).tolist() == [[[0, 1]], [[1, 0]]]
    with pytest.raises(DataError, match=r"a.png is 1 x 2 px, \S+c.png is 1 x 3 px"):
        read_class_files([one, _save(tmp_path / "c.png", [[1, 0, 0]])])
    with pytest.raises(DataError, match=r"d.png has mask value 3"):
        read_class_files([_save(tmp_path / "d.png", [[3]])])


def test_sizes_must_be_equal() -> None:
    mask = np.zeros((3, 4), np.uint8)
    require_size_of_mask(Path("a.png"), np.zeros((2, 3, 4), np.uint8), "i.png", mask)
    with pytest.raises(DataError, match=r"a.png is 3 x 2 px, the mask of i.png is 3 x 4 px .*\n  Resize"):
        require_size_of_mask(Path("a.png"), np.zeros((3, 2), np.uint8), "i.png", mask)
