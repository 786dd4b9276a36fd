from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from segcli.inference.predicted_files import PredictedFiles, Searched, class_folders, find_predictions
from segcli.inference.prediction_files import prediction_names
from segcli.sample import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def _write(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(folder / name)


def _find(folder: Path, images: Sequence[str], pattern: str = "{name}", names: Sequence[str] = ()) -> PredictedFiles:
    return find_predictions(folder, Searched("val", images, names or images), pattern)


@pytest.mark.parametrize(
    ("images", "files", "pattern"),
    [
        (["/d/val/a.jpg", "/d/val/b.jpg"], ["a.png", "b.png"], "{name}"),
        (["/d/val/a.jpg", "/d/val/b.jpg"], ["val/a.png", "val/b.png"], "{name}"),
        (["/d/val/x/a.jpg", "/d/val/y/a.jpg"], ["x/a.png", "y/a.png"], "{name}"),
        (["/d/val/x/a.jpg", "/d/val/y/a.jpg"], ["val/x/a.png", "val/y/a.png"], "{name}"),
        (["/d/a.jpg", "/d/b.jpg"], ["a_pred.png", "b_pred.png"], "{name}_pred"),
        (["/d/x/a.jpg", "/d/x/b.jpg"], ["x/seg-a.png", "x/seg-b.png"], "seg-{name}"),
        (["/d/ä.jpg", "/d/b.jpg"], ["a\u0308.png", "b.png"], "{name}"),
        (["/d/a.jpg", "/d/a.png"], ["a_jpg.png", "a_png.png"], "{name}"),
        (["val_00000", "val_00001"], ["val_00000.png", "val_00001.tif"], "{name}"),
    ],
)
def test_names_and_folders_of_several_tools_are_found(
    folder: Path, images: list[str], files: list[str], pattern: str
) -> None:
    _write(folder, files)
    found = _find(folder, images, pattern)
    assert [file.relative_to(folder).as_posix() for file in found.files] == files
    assert not found.others


def test_what_predict_writes_is_found_and_its_pictures_are_no_others(folder: Path) -> None:
    images = ["/d/x/a.jpg", "/d/x/a.png", "/d/y/a.jpg"]
    names = prediction_names(images)
    _write(folder, [f"{name}.png" for name in names.values()] + [f"overlays/{name}.png" for name in names.values()])
    found = _find(folder, images)
    assert [file.relative_to(folder).as_posix() for file in found.files] == [f"{names[image]}.png" for image in images]
    assert not found.others


def test_the_name_in_the_data_set_counts_as_well(folder: Path) -> None:
    """As of nnU-Net, whose images have a file per channel and whose predictions have none."""
    _write(folder, ["case_1.png", "case_2.png"])
    found = _find(folder, ["/d/case_1_0000.png", "/d/case_2_0000.png"], names=["case_1", "case_2"])
    assert [file.name for file in found.files] == ["case_1.png", "case_2.png"]


def test_predictions_of_other_images_are_told(folder: Path) -> None:
    _write(folder, ["val/a.png", "train/b.png", "a.png"])
    found = _find(folder, ["/d/val/a.jpg"])
    assert found.files == [folder / "val/a.png"]
    assert found.others == [folder / "a.png", folder / "train/b.png"]


@pytest.mark.parametrize(
    ("files", "advice"),
    [
        (["a_pred.png", "b_pred.png"], r"The prediction of NAME is called NAME_pred: add --pattern '\{name\}_pred'"),
        (["pred_a.png", "pred_b.png"], r"The prediction of NAME is called pred_NAME: add --pattern 'pred_\{name\}'"),
        (["best/a.png", "best/b.png"], r"They may be those in \S+/out/best; name that folder"),
        (["x.png", "y.png"], "Predictions are called like their images, up to the extension"),
    ],
)
def test_missing_predictions_are_counted_and_what_to_do_is_said(folder: Path, files: list[str], advice: str) -> None:
    _write(folder, files)
    told = "2 of 2 images of val have no prediction in .*: /d/a.jpg, /d/b.jpg."
    with pytest.raises(DataError, match=rf"{told}\n  {advice}"):
        _find(folder, ["/d/a.jpg", "/d/b.jpg"])


def test_what_is_not_sure_is_refused(folder: Path) -> None:
    _write(folder, ["a.png", "b.png", "b.tif"])
    with pytest.raises(DataError, match=r"a.png may be the prediction of /d/x/a.jpg and of /d/y/a.jpg; put each into"):
        _find(folder, ["/d/x/a.jpg", "/d/y/a.jpg"])
    with pytest.raises(DataError, match=r"b.png and \S+b.tif are both the prediction of /d/b.jpg; remove one"):
        _find(folder, ["/d/b.jpg"])


def test_images_are_no_predictions_of_their_own(folder: Path) -> None:
    _write(folder, ["images/a.png", "b.png"])
    with pytest.raises(DataError, match="1 of 1 images of val have no prediction"):
        _find(folder, [str(folder / "images/a.png")])


@pytest.mark.parametrize("pattern", ["", "pred", "{nam}", "{name}_{name}", "x/{name}", "{name}_{split}"])
def test_a_pattern_must_have_the_name_once(folder: Path, pattern: str) -> None:
    with pytest.raises(DataError, match=r"--pattern got .* expected \{name\} once"):
        _find(folder, [], pattern)


def test_every_class_has_a_folder_where_a_pixel_may_have_several(folder: Path) -> None:
    _write(folder, ["car/a.png", "raod/a.png"])
    with pytest.raises(DataError, match=r"road is missing \(did you mean 'raod'\?\): .* contains car/, raod/"):
        class_folders(folder, ["car", "road"])
    assert class_folders(folder, ["car"]) == [folder / "car"]


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_rows_of_several_files_are_called_by_the_data_set_or_by_their_whole_paths(folder: Path, shards: int) -> None:
    rows = [(shard, row) for shard in range(shards) for row in range(8 // shards)]
    inside = {f"/d/val-{shard}.parquet/image/{row:06d}": f"image/{row:06d}" for shard, row in rows}
    searched = Searched("val", list(inside), [f"validation/{number:06d}" for number in range(8)], inside)
    for names in (
        [f"{number:06d}.png" for number in range(8)],
        [f"validation/{number:06d}.png" for number in range(8)],
        [f"val-{shard}.parquet/image/{row:06d}.png" for shard, row in rows],
    ):
        place = folder / str(len(list(folder.parent.rglob("*"))))
        _write(place, names)
        found = find_predictions(place, searched)
        assert [file.relative_to(place).as_posix() for file in found.files] == names


def test_images_of_other_splits_are_neither_predictions_nor_a_folder_of_them(folder: Path) -> None:
    _write(folder, ["train/a.png", "train/b.png"])
    others = [folder / "train/a.png", folder / "train/b.png"]
    searched = Searched("val", ["/d/val/a.png", "/d/val/b.png"], ["a", "b"], no_predictions=others)
    with pytest.raises(DataError, match=r"2 of 2 images of val have no prediction.*\n  Predictions are called like"):
        find_predictions(folder, searched)


def test_files_with_the_extensions_of_masks_are_predictions_as_well(folder: Path) -> None:
    _write(folder, ["a.png"])
    for name in ("b.npy", "c.NPY", "d.txt"):
        (folder / name).write_bytes(b"")
    searched = Searched("val", list("abc"), list("abc"), extensions={".npy"})
    found = find_predictions(folder, searched)
    assert [file.name for file in found.files] == ["a.png", "b.npy", "c.NPY"]
    assert not found.others
    with pytest.raises(DataError, match="2 of 3 images of val have no prediction"):
        _find(folder, list("abc"))
