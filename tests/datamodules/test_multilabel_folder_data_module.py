from pathlib import Path

import albumentations as A
import pytest

from segcli.datamodules.multilabel_folder_data_module import MultilabelFolderDataModule
from segcli.sample import DataError
from segcli.transforms.random_scaled_crop import RandomScaledCrop
from tests.datamodules.data import write_mask, write_pairs

NAMES = [f"scan_{number}" for number in range(10)]


def flat(root: Path) -> Path:
    write_pairs(root / "images", root / "labels" / "lung", NAMES, (0, 255))
    write_pairs(root / "images", root / "labels" / "tube", NAMES, (0, 0, 255))
    return root


def test_masks_follow_the_order_of_the_classes(tmp_path: Path) -> None:
    data = MultilabelFolderDataModule(str(flat(tmp_path)), ["tube", "lung"])
    data.setup("fit")
    masks = data.datasets["val"][0]["mask"]
    assert masks[:, 0, :6].tolist() == [[0, 0, 1, 0, 0, 1], [0, 1, 0, 1, 0, 1]]
    assert data.multilabel
    assert (len(data.datasets["train"]), len(data.datasets["val"])) == (8, 2)


def test_transforms_move_all_masks_with_the_image_and_padding_is_ignored(tmp_path: Path) -> None:
    crop = RandomScaledCrop(24, scale=(1.0, 1.0))
    data = MultilabelFolderDataModule(
        str(flat(tmp_path)), ["lung", "tube"], train_transforms=[crop, A.HorizontalFlip(p=1)], batch_size=4
    )
    data.setup("fit")
    batch = next(iter(data.train_dataloader()))
    assert batch["mask"].shape == (4, 2, 24, 24)
    padded = (batch["image"] == 0).all(dim=1)
    assert (batch["mask"] == 255).all(dim=1).equal((batch["mask"] == 255).any(dim=1))
    assert padded[(batch["mask"] == 255).all(dim=1)].all()
    lung = batch["mask"][0, 0, 12]
    assert lung[lung != 255].tolist() == [1, 0] * 10  # columns 0 1 0 1 .. mirrored


@pytest.mark.parametrize("layout", ["{split}/{kind}", "{kind}/{split}"])
def test_folders_per_split_hold_a_folder_per_class(tmp_path: Path, layout: str) -> None:
    for split, names in (("train", NAMES), ("val", ["v"])):
        images, masks = (tmp_path / layout.format(split=split, kind=kind) for kind in ("images", "labels"))
        for name in ("lung", "tube"):
            write_pairs(images, masks / name, names)
    data = MultilabelFolderDataModule(str(tmp_path), ["lung", "tube"])
    data.setup("fit")
    assert [Path(path).stem for path in data.datasets["val"].paths()] == ["v"]
    assert len(data.datasets["train"]) == len(NAMES)


def test_a_missing_mask_is_an_error_or_means_that_the_class_is_not_there(tmp_path: Path) -> None:
    flat(tmp_path)
    for name in NAMES:
        (tmp_path / "labels" / "tube" / f"{name}.png").unlink()
    write_mask(tmp_path / "labels" / "tube" / f"{NAMES[0]}.png", (0, 255))
    with pytest.raises(DataError, match=r"9 images have no mask(.|\n)*missing_masks: empty"):
        MultilabelFolderDataModule(str(tmp_path), ["lung", "tube"]).setup("fit")
    data = MultilabelFolderDataModule(str(tmp_path), ["lung", "tube"], missing_masks="empty")
    data.setup("fit")
    found = sum(int(dataset[i]["mask"][1].any()) for dataset in data.datasets.values() for i in range(len(dataset)))
    assert found == 1


def test_prediction_needs_no_masks(tmp_path: Path) -> None:
    write_pairs(tmp_path, tmp_path / "labels", ["a", "b"])
    data = MultilabelFolderDataModule(str(tmp_path), ["lung"])
    data.setup("predict")
    assert "mask" not in data.datasets["predict"][0]
    assert len(data.datasets["predict"]) == 2


@pytest.mark.parametrize("classes", [[], ["a", "a"], ["a/b"], ["overlays"], [""], [".."]])
def test_classes_are_names_of_folders(classes: list[str]) -> None:
    with pytest.raises(DataError, match="expected at least one, each once and each the name of a folder"):
        MultilabelFolderDataModule("somewhere", classes)
