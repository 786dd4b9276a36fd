from pathlib import Path

import pytest

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.images_of_splits import images_of_splits
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.hugging_face import HuggingFace
from tests.datamodules.data import write_image, write_pairs
from tests.datasets.tables import rows, write_parquet


@pytest.mark.parametrize("prepared", [(), ("val",), ("train", "val")])
def test_images_are_of_all_splits_that_can_be_found_and_none_is_prepared(
    prepared: tuple[str, ...], tmp_path: Path
) -> None:
    for split, names in (("train", ["a", "b"]), ("val", ["a"])):
        write_pairs(tmp_path / split / "images", tmp_path / split / "labels", names, (0, 1))
    write_image(tmp_path / "test/images/without_mask.png")
    data = FolderDataModule(str(tmp_path), classes=["a", "b"])
    for split in prepared:
        data.prepare(split)  # type: ignore[arg-type]
    found = {file.relative_to(tmp_path).as_posix() for file in images_of_splits(data)}
    assert found == {"train/images/a.png", "train/images/b.png", "val/images/a.png"}
    assert tuple(data.datasets) == prepared


def test_files_are_all_of_an_image_or_those_that_hold_it(tmp_path: Path) -> None:
    for name in ("a_0", "a_1", "b_0", "b_1"):
        write_image(tmp_path / "images" / f"{name}.png")
    write_pairs(tmp_path / "x", tmp_path / "masks", ["a", "b"], (0, 1))
    data = PatternDataModule(
        str(tmp_path),
        image=["images/{name}_0.png", "images/{name}_1.png"],
        mask="masks/{name}.png",
        image_mode="native",
        classes=["a", "b"],
        val_fraction=0.5,
    )
    assert {file.name for file in images_of_splits(data)} == {"a_0.png", "a_1.png", "b_0.png", "b_1.png"}
    table = write_parquet(tmp_path / "table/data/train-00000-of-00001.parquet", rows(4))
    packed = PatternDataModule(str(tmp_path / "table"), listing=HuggingFace, classes=["a", "b"])
    assert images_of_splits(packed) == {table}
    assert len(images_of_splits(ShapesDataModule(train_size=3, val_size=2, test_size=1))) == 6
