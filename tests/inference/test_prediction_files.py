from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segcli.datasets.mask_file import read_mask
from segcli.inference.prediction_files import PredictionFiles, prediction_names

PALETTE = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)
LABELS = np.array([[0, 1, 1]], np.uint8)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/a.png", "x/b.png"], ["a", "b"]),
        (["x/a.png", "x/a.jpg", "x/b.png"], ["a_png", "a_jpg", "b"]),
        (["x/a.png", "y/a.png"], ["x/a", "y/a"]),
        (["/data/v1.0/a.png", "/data/v2.0/a.png", "/data/a.png"], ["v1.0/a", "v2.0/a", "a"]),
        (["x/a/b_c.png", "x/a_b/c.png"], ["a/b_c", "a_b/c"]),
        (["x/A.png", "x/a.png"], ["A_png", "a_png_2"]),
        (["x/a.png", "x/a.jpg", "x/a_png.bmp"], ["a_png_2", "a_jpg", "a_png"]),
        (["x/a.jpg", "x/a.png/b.jpg"], ["a_jpg", "a.png/b"]),
        (["test_00001"], ["test_00001"]),
    ],
)
def test_names_are_short_and_never_collide(paths: list[str], names: list[str]) -> None:
    found = prediction_names(paths)
    assert len({name.casefold() for name in found.values()}) == len(paths)
    if "A" not in paths[0]:  # there, only that they differ
        assert [found[path] for path in paths] == names
        assert prediction_names(paths[::-1]) == found


def test_index_files_hold_classes_and_show_colours(tmp_path: Path) -> None:
    files = PredictionFiles(tmp_path / "new", PALETTE, ["x/a.png"])
    (target,) = files.write("x/a.png", LABELS, np.full((1, 3, 3), 100, np.uint8))
    assert target == tmp_path / "new" / "a.png"
    with Image.open(target) as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), LABELS)
        assert np.asarray(picture.convert("RGB")).tolist() == [[[10, 20, 30], [200, 100, 0], [200, 100, 0]]]
    with Image.open(tmp_path / "new" / "overlays" / "a.png") as picture:
        assert np.asarray(picture).tolist() == [[[55, 60, 65], [150, 100, 50], [150, 100, 50]]]
    assert sorted(path.name for path in (tmp_path / "new").rglob("*")) == ["a.png", "a.png", "overlays"]


def test_a_mask_per_class_goes_into_a_folder_per_class(tmp_path: Path) -> None:
    files = PredictionFiles(tmp_path, PALETTE, ["x/a.png"], ["lung", "heart"])
    masks = np.array([[[0, 1, 1]], [[0, 0, 1]]], np.uint8)
    targets = files.write("x/a.png", masks, np.full((1, 3, 3), 100, np.uint8))
    assert targets == [tmp_path / "lung" / "a.png", tmp_path / "heart" / "a.png"]
    for target, mask in zip(targets, masks, strict=True):
        np.testing.assert_array_equal(read_mask(target), mask)
        np.testing.assert_array_equal(cv2.imread(str(target), cv2.IMREAD_GRAYSCALE), mask * 255)
    with Image.open(tmp_path / "overlays" / "a.png") as picture:
        assert np.asarray(picture)[0, :2].tolist() == [[100, 100, 100], [55, 60, 65]]
    assert not (tmp_path / "a.png").exists()


def test_without_an_image_there_is_no_overlay_and_others_are_resized(tmp_path: Path) -> None:
    files = PredictionFiles(tmp_path, PALETTE, ["a.png"])
    files.write("a.png", LABELS)
    assert not (tmp_path / "overlays").exists()
    files.write("a.png", LABELS, np.zeros((4, 9, 1), np.uint8))
    with Image.open(tmp_path / "overlays" / "a.png") as picture:
        assert picture.size == (3, 1)


def test_a_failure_leaves_neither_half_a_file_nor_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Image.Image, path: Path, format: str) -> None:  # noqa: A002
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        PredictionFiles(tmp_path, PALETTE, ["a.png"]).write("a.png", LABELS)
    assert list(tmp_path.iterdir()) == []


def test_overlays_lie_where_no_prediction_does(tmp_path: Path) -> None:
    paths = ["x/a.png", "x/overlays/a.png", "x/Overlays_2/a.png"]
    files = PredictionFiles(tmp_path, PALETTE, paths)
    for path in paths:
        files.write(path, LABELS, np.full((1, 3, 3), 100, np.uint8))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2 * len(paths)
    assert (tmp_path / "overlays_3" / "overlays" / "a.png").is_file()
