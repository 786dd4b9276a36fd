from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.sample import DataError
from segcli.suggest import labelled
from segcli.suggest.labelled import centres, labelled_data, labelled_folder
from segcli.suggest.measure import Measurer

Written = Callable[..., list[Path]]


def _folders(written: Written, root: Path, number: int = 5) -> FolderDataModule:
    images = written([f"images/{at}.png" for at in range(number)])
    (root / "labels").mkdir()
    for image in images:
        Image.fromarray(np.zeros((40, 48), np.uint8)).save(root / "labels" / image.name)
    return FolderDataModule(str(root), classes=["a", "b"])


def test_files_of_all_splits_are_known(written: Written, tmp_path: Path) -> None:
    found = labelled_data(_folders(written, tmp_path))
    assert {file.name for file in found.images} == {file.name for file in found.masks} == {f"{i}.png" for i in range(5)}
    assert {file.parent.name for file in found.masks} == {"labels"}
    assert {split: len(dataset) for split, dataset in found.splits.items()} == {"train": 4, "val": 1}
    assert found.train is found.splits["train"]
    assert found.absence == ""


def test_data_that_are_not_there_are_told(tmp_path: Path) -> None:
    found = labelled_data(FolderDataModule(str(tmp_path / "gone"), classes=["a", "b"]))
    assert found.train is None
    assert "gone" in found.absence


def test_generated_pictures_are_centres_without_files(measurer: Measurer) -> None:
    found = labelled_data(ShapesDataModule(train_size=3, val_size=2, test_size=1, image_size=32))
    assert found.train is not None
    known = centres(found.train, measurer.features)
    assert known is not None
    assert len(known) == 3
    assert np.linalg.norm(known, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_masks_are_not_read_and_damaged_images_are_left_out(
    written: Written, tmp_path: Path, measurer: Measurer
) -> None:
    found = labelled_data(_folders(written, tmp_path))
    assert found.train is not None
    first = Path(found.train.paths()[0])
    first.write_bytes(first.read_bytes()[:-30])
    for mask in found.masks:
        mask.write_bytes(b"")
    seen: list[int] = []
    known = centres(found.train, measurer.features, lambda: seen.append(1))
    assert known is not None
    assert (len(known), len(seen)) == (3, 4)
    for path in found.train.paths():
        Path(path).write_bytes(b"")
    assert centres(found.train, measurer.features) is None


def test_of_many_some_are_looked_at(
    written: Written, tmp_path: Path, measurer: Measurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled, "MOST_CENTRES", 2)
    written(["data/a.png", "data/b.png", "data/c.png", "data/d.png"])
    found = labelled_folder(tmp_path / "data", "RGB")
    assert len(found.images) == 4
    assert found.train is not None
    known = centres(found.train, measurer.features)
    assert known is not None
    assert len(known) == 2
    with pytest.raises(DataError, match="nowhere"):
        labelled_folder(tmp_path / "nowhere", "RGB")
