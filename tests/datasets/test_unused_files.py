from pathlib import Path

import pytest

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datasets.unused_files import unused_files, unused_note
from tests.datamodules.data import write_image, write_pairs


def test_images_anywhere_and_files_among_them_are_counted_but_no_runs(tmp_path: Path) -> None:
    images = tmp_path / "images"
    write_pairs(images, tmp_path / "labels", ["a"])
    for path in (images / "notes.txt", tmp_path / "README.md", tmp_path / "runs" / "1" / "passport.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    write_image(tmp_path / "extra" / "b.png")
    write_image(tmp_path / "runs" / "1" / "predictions" / "c.png")
    used = {str(images / "a.png"), str(tmp_path / "labels" / "a.png")}
    unused = unused_files(tmp_path, used, [images, tmp_path / "labels"], [])
    assert [path.relative_to(tmp_path).as_posix() for path in unused] == ["extra/b.png", "images/notes.txt"]
    assert unused_note(tmp_path, unused).endswith("are not used: extra/b.png, images/notes.txt")


@pytest.mark.parametrize("split", [True, False])
def test_other_splits_and_limited_images_are_not_unused(tmp_path: Path, split: bool) -> None:
    for name in ("train", "val", "test") if split else ("",):
        write_pairs(tmp_path / name / "images", tmp_path / name / "labels", [f"{name}{n}" for n in range(6)])
    write_image(tmp_path / "holdout" / "images" / "x.png")
    data = FolderDataModule(str(tmp_path), classes=["a"], test_fraction=0.2, limit=1)
    assert data.unused_files() == []
    data.setup("fit")
    unused = data.unused_files()
    assert unused == [tmp_path / "holdout" / "images" / "x.png"]
    assert unused_note(tmp_path, unused).endswith(("x.png", "and test (testing)")[split])
