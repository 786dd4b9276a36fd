from collections.abc import Callable
from pathlib import Path

import albumentations as A
import pytest
import torch

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.sample import DataError
from segcli.transforms.random_scaled_crop import RandomScaledCrop
from tests.datamodules.data import write_image, write_mask, write_pairs

NAMES = [f"cell_{number}" for number in range(20)]
VALUES = {0: "membrane", 255: "cell"}


def flat(root: Path) -> Path:
    write_pairs(root / "images", root / "labels", NAMES)
    return root


def stems(data: SegmentationDataModule, split: str) -> list[str]:
    return [Path(path).stem for path in data.datasets[split].paths()]


def test_splits_by_hash_and_limits_only_training(tmp_path: Path) -> None:
    data = FolderDataModule(str(flat(tmp_path)), mask_values=VALUES, test_fraction=0.2)
    data.setup("fit")
    data.setup("test")
    assert sorted(stems(data, "train") + stems(data, "val") + stems(data, "test")) == sorted(NAMES)
    limited = FolderDataModule(str(tmp_path), mask_values=VALUES, test_fraction=0.2, limit=3)
    limited.setup("fit")
    assert len(stems(limited, "train")) == 3
    assert set(stems(limited, "train")) < set(stems(data, "train"))
    assert stems(limited, "val") == stems(data, "val")


def test_fractions_are_exact_and_one_more_image_moves_few_others(tmp_path: Path) -> None:
    def split() -> dict[str, set[str]]:
        data = FolderDataModule(str(tmp_path), mask_values=VALUES, val_fraction=0.2, test_fraction=0.1)
        data.setup("fit")
        data.setup("test")
        return {name: set(stems(data, name)) for name in ("train", "val", "test")}

    flat(tmp_path)
    before = split()
    assert {name: len(part) for name, part in before.items()} == {"train": 14, "val": 4, "test": 2}
    write_pairs(tmp_path / "images", tmp_path / "labels", ["new"])
    after = split()
    assert {name: len(part) for name, part in after.items()} == {"train": 15, "val": 4, "test": 2}
    assert sum(len(before[name] - after[name]) for name in before) <= 2


def test_limited_training_images_are_nested(tmp_path: Path) -> None:
    flat(tmp_path)
    chosen = []
    for limit in (1, 4, 9, 100):
        data = FolderDataModule(str(tmp_path), mask_values=VALUES, limit=limit)
        data.setup("fit")
        chosen.append(set(stems(data, "train")))
    assert [len(names) for names in chosen] == [1, 4, 9, 16]
    assert chosen[0] < chosen[1] < chosen[2] < chosen[3]


@pytest.mark.parametrize("layout", ["{split}/{kind}", "{kind}/{split}"])
def test_folders_per_split_are_used_and_only_what_lacks_one_is_set_apart(tmp_path: Path, layout: str) -> None:
    def write(split: str, names: list[str]) -> None:
        folders = [tmp_path / layout.format(split=split, kind=kind) for kind in ("image", "label")]
        write_pairs(folders[0], folders[1], names)

    def load(stage: str) -> FolderDataModule:
        data = FolderDataModule(str(tmp_path), "image", "label", mask_values=VALUES, val_fraction=0.5)
        data.setup(stage)
        return data

    write("train", NAMES)
    data = load("fit")
    assert sorted(stems(data, "train") + stems(data, "val")) == sorted(NAMES)
    assert stems(data, "val")
    with pytest.raises(DataError, match="no images to test with: there is no test folder"):
        load("test")
    write("val", ["v"])
    write("test", ["t"])
    data = load("fit")
    assert (sorted(stems(data, "train")), stems(data, "val")) == (sorted(NAMES), ["v"])
    assert stems(load("test"), "test") == ["t"]


def test_classes_follow_the_order_of_mention_and_values_may_share_one(tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "a.png")
    write_image(tmp_path / "images" / "b.png")
    for name in "ab":
        write_mask(tmp_path / "labels" / f"{name}.png", (7, 3, 9, 255))
    data = FolderDataModule(str(tmp_path), mask_values={7: "road", 3: "sky", 9: "road"}, ignore_values=[255])
    data.setup("fit")
    assert data.classes == ("road", "sky")
    assert data.palette.shape == (2, 3)
    assert data.datasets["train"][0]["mask"][0, :4].tolist() == [0, 1, 0, 255]
    ordered = FolderDataModule(str(tmp_path), classes=["sky", "road"], mask_values={7: "road", 3: "sky"})
    assert ordered.classes == ("sky", "road")
    write_mask(tmp_path / "labels" / "a.png", (7, 3))
    write_mask(tmp_path / "labels" / "b.png", (7, 3))
    ordered.setup("fit")
    assert ordered.datasets["train"][0]["mask"][0, :2].tolist() == [1, 0]


def test_unknown_classes_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither classes nor mask_values"):
        FolderDataModule(str(tmp_path))
    with pytest.raises(DataError, match="same names in both"):
        FolderDataModule(str(tmp_path), classes=["sky"], mask_values={0: "road"})
    with pytest.raises(DataError, match="every class once"):
        FolderDataModule(str(tmp_path), classes=["sky", "sky"])


def test_255_is_a_stranger_unless_named(tmp_path: Path) -> None:
    data = FolderDataModule(str(flat(tmp_path)), classes=["membrane", "cell"])
    data.setup("fit")
    with pytest.raises(DataError, match=r"mask value 255 .*\n.*mask_values"):
        next(iter(data.val_dataloader()))


def lonely_image(root: Path) -> None:
    (root / "labels" / "cell_3.png").unlink()


def lonely_mask(root: Path) -> None:
    (root / "images" / "cell_3.png").unlink()


def other_size(root: Path) -> None:
    write_mask(root / "labels" / "cell_3.png", (0, 255), 8, 20)


def stranger(root: Path) -> None:
    write_mask(root / "labels" / "cell_3.png", (0, 0, 0, 0, 9))


def broken_image(root: Path) -> None:
    (root / "images" / "cell_3.png").write_bytes((root / "images" / "cell_3.png").read_bytes()[:-200])


def no_picture(root: Path) -> None:
    (root / "labels" / "cell_3.png").write_text("not a picture")


def no_masks(root: Path) -> None:
    (root / "labels").rename(root / "masks")


def empty(root: Path) -> None:
    for path in (root / "images").iterdir():
        path.unlink()


@pytest.mark.parametrize("num_workers", [0, 1])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lonely_image, r"1 images have no mask.*labels: cell_3\.png.*add the missing files or move these out"),
        (lonely_mask, r"1 masks have no image.*images: cell_3\.png.*add the missing files or move these out"),
        (other_size, r"cell_3\.png is 16 x 20 px, its mask .*cell_3\.png is 8 x 20 px.*resize the mask"),
        (stranger, r"labels/cell_3\.png has mask value 9 \(64 pixels\), expected \[0, 255\].*Name every value"),
        (broken_image, r"images/cell_3\.png cannot be read as an image.*replace or remove it"),
        (no_picture, r"labels/cell_3\.png cannot be read as an image.*replace or remove it"),
        (
            no_masks,
            r"labels is missing; .* contains images/, masks/.*Set data\.root, data\.image_dir and data\.mask_dir",
        ),
        (empty, r"images has no image files \(such as \.png or \.jpg\); .*images is empty"),
    ],
)
def test_what_is_wrong_names_the_file_and_what_to_do_also_from_workers(
    tmp_path: Path, spoil: Callable[[Path], None], message: str, num_workers: int
) -> None:
    spoil(flat(tmp_path))
    data = FolderDataModule(str(tmp_path), mask_values=VALUES, num_workers=num_workers)
    with pytest.raises(DataError, match=f"(?s){message}"):  # noqa: PT012  files are found in setup, read in iteration
        data.setup("fit")
        _ = list(data.train_dataloader()), list(data.val_dataloader())


def test_folders_that_are_not_there_say_what_is(tmp_path: Path) -> None:
    write_pairs(tmp_path / "image", tmp_path / "label", ["a"])
    data = FolderDataModule(str(tmp_path), mask_values=VALUES)
    with pytest.raises(DataError, match=r"(?s)images is missing.*contains image/, label/.*data\.image_dir"):
        data.setup("fit")
    only_one = FolderDataModule(str(tmp_path), "image", "label", mask_values=VALUES)
    with pytest.raises(DataError, match=r"no images to val with.*data\.val_fraction"):
        only_one.setup("fit")


def test_predict_needs_no_masks_and_reads_image_dir_or_root(tmp_path: Path) -> None:
    write_image(tmp_path / "b.png")
    data = FolderDataModule(str(tmp_path), mask_values=VALUES)
    data.setup("predict")
    assert stems(data, "predict") == ["b"]
    write_image(tmp_path / "images" / "a.png", 12, 14)
    data.setup("predict")
    assert stems(data, "predict") == ["a"]
    (batch,) = data.predict_dataloader()
    assert "mask" not in batch
    assert batch["size"] == [(12, 14)]


def test_predict_resizes_but_refuses_to_cut(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", 12, 14)
    data = FolderDataModule(str(tmp_path), mask_values=VALUES, val_transforms=[A.Resize(8, 8)])
    data.setup("predict")
    (batch,) = data.predict_dataloader()
    assert batch["image"].shape == (1, 3, 8, 8)
    assert batch["size"] == [(12, 14)]
    for transform in (A.CenterCrop(8, 8), A.PadIfNeeded(32, 32), RandomScaledCrop(8)):
        cutting = FolderDataModule(str(tmp_path), mask_values=VALUES, val_transforms=[transform])
        with pytest.raises(DataError, match=rf"predict got {type(transform).__name__} in data\.val_transforms"):
            cutting.setup("predict")


def test_images_of_all_sizes_validate_in_batches_of_one_size(tmp_path: Path) -> None:
    sizes = [(16, 20), (16, 20), (20, 16), (11, 13), (16, 20)]
    for split in ("train", "val"):
        for number, size in enumerate(sizes):
            write_image(tmp_path / split / "images" / f"{number}.png", *size)
            write_mask(tmp_path / split / "labels" / f"{number}.png", (0, 255), *size)
    data = FolderDataModule(str(tmp_path), mask_values=VALUES, batch_size=2)
    data.setup("fit")
    batches = list(data.val_dataloader())
    assert [tuple(batch["image"].shape) for batch in batches] == [
        (2, 3, 16, 20),
        (1, 3, 16, 20),
        (1, 3, 20, 16),
        (1, 3, 11, 13),
    ]
    with pytest.raises(DataError, match=r"different sizes: .*\.png \(\d+ x \d+ px\) and .*\.png \(\d+ x \d+ px\)"):
        list(data.train_dataloader())
    data = FolderDataModule(str(tmp_path), mask_values=VALUES, batch_size=2, train_transforms=[RandomScaledCrop(8)])
    data.setup("fit")
    assert [batch["mask"].shape for batch in data.train_dataloader()] == [torch.Size((2, 8, 8))] * 2
