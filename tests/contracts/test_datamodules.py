"""What every registered datamodule keeps; a new one needs a line in ``CASES``."""

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import jsonargparse
import numpy as np
import pytest
import torch

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.registry import FAMILIES, names
from segcli.sample import IGNORE_INDEX, Batch, DataError
from tests.datamodules.data import write_pairs

Class = type[SegmentationDataModule]
Arguments = dict[str, Any]

LOADERS = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), "predict": ("predict",)}
PLAIN = (type(None), bool, int, float, str, tuple)


def camvid(root: Path) -> Arguments:
    for split in ("train", "val", "test"):
        write_pairs(root / split, root / f"{split}annot", ["a", "b", "c"], tuple(range(12)))
    return {"root": str(root)}


def folder(root: Path) -> Arguments:
    write_pairs(root / "images", root / "labels", [f"cell_{number}" for number in range(8)], (0, 128, 255))
    values = {0: "membrane", 128: "cell"}
    return {"root": str(root), "mask_values": values, "ignore_values": [255], "test_fraction": 0.25}


def multilabel_folder(root: Path) -> Arguments:
    names = [f"scan_{number}" for number in range(8)]
    write_pairs(root / "images", root / "labels" / "lung", names, (0, 128, 255))
    write_pairs(root / "images", root / "labels" / "heart", names, (0, 0, 1))
    return {"root": str(root), "classes": ["lung", "heart"], "ignore_values": [128], "test_fraction": 0.25}


def patterns(root: Path) -> Arguments:
    write_pairs(root / "images", root / "labels", [f"cell_{number}" for number in range(8)], (0, 128, 255))
    values = {0: "membrane", 128: "cell"}
    found = {"image": "images/{name}.png", "mask": "labels/{name}.png"}
    return {"root": str(root), **found, "mask_values": values, "ignore_values": [255], "test_fraction": 0.25}


def shapes(_root: Path) -> Arguments:
    return {"train_size": 5, "val_size": 3, "test_size": 2, "image_size": 32}


CASES: dict[str, Callable[[Path], Arguments]] = {
    "CamVidDataModule": camvid,
    "FolderDataModule": folder,
    "MultilabelFolderDataModule": multilabel_folder,
    "PatternDataModule": patterns,
    "ShapesDataModule": shapes,
}


def find(name: str) -> Class:
    module, attribute = names("datamodules")[name].split(":")
    return getattr(importlib.import_module(module), attribute)


every_class = pytest.mark.parametrize("name", sorted(names("datamodules")))
every_case = pytest.mark.parametrize("name", sorted(CASES))
every_stage = pytest.mark.parametrize("stage", sorted(LOADERS))


def parameters(cls: Class) -> list[inspect.Parameter]:
    return list(inspect.signature(cls.__init__).parameters.values())[1:]


def described(cls: Class) -> list[str]:
    """Names in the Args section of the class docstring, in its order."""
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", inspect.getdoc(cls) or "", re.MULTILINE | re.DOTALL)
    return re.findall(r"^    (\w+): \S", section[1], re.MULTILINE) if section else []


def test_every_datamodule_of_the_package_is_tried_below() -> None:
    assert set(CASES) == set(FAMILIES["datamodules"].table)


@every_class
def test_the_docstring_describes_every_argument_in_order(name: str) -> None:
    cls = find(name)
    assert issubclass(cls, SegmentationDataModule)
    assert described(cls) == [parameter.name for parameter in parameters(cls)]


@every_class
def test_arguments_are_explicit_typed_and_have_plain_defaults(name: str) -> None:
    cls = find(name)
    hints = get_type_hints(cls.__init__)
    for parameter in parameters(cls):
        where = f"{name}({parameter.name})"
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD, f"{where} is {parameter.kind.description}"
        assert parameter.name in hints, f"{where} has no type"
        assert "Any" not in str(hints[parameter.name]), f"{where} may be anything"
        default = parameter.default
        assert default is inspect.Parameter.empty or isinstance(default, PLAIN), f"{where} has default {default!r}"
        assert not (isinstance(default, str) and default.startswith("segcli.")), f"{where} names a class by default"


@every_case
def test_arguments_of_an_experiment_build_it(name: str, tmp_path: Path) -> None:
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(find(name), "data")
    flip = {"class_path": "albumentations.HorizontalFlip", "init_args": {"p": 1.0}}
    given = CASES[name](tmp_path) | {"batch_size": 3, "train_transforms": [flip]}
    data = parser.instantiate(parser.parse_object({"data": given})).data
    assert isinstance(data, find(name))
    assert data.batch_size == 3
    assert [transform.p for transform in data.train_transforms] == [1.0]


@every_case
def test_classes_and_palette_agree(name: str, tmp_path: Path) -> None:
    data = find(name)(**CASES[name](tmp_path))
    assert isinstance(data.classes, tuple)
    assert 2 <= len(data.classes) == len(set(data.classes)) < IGNORE_INDEX
    assert (data.palette.dtype, data.palette.shape) == (np.uint8, (len(data.classes), 3))
    assert len(np.unique(data.palette, axis=0)) == len(data.classes)
    assert (data.palette.sum(axis=1) > 0).all()  # black is for ignored pixels


@every_case
@every_stage
def test_batches_are_as_promised(name: str, stage: str, tmp_path: Path) -> None:
    data = find(name)(**CASES[name](tmp_path), batch_size=2)
    data.setup(stage)
    assert set(data.datasets) == set(LOADERS[stage])
    for split in LOADERS[stage]:
        batches: list[Batch] = list(getattr(data, f"{split}_dataloader")())
        assert batches
        for batch in batches:
            check(batch, data, with_mask=split != "predict")
        seen = [path for batch in batches for path in batch["path"]]
        assert len(seen) == len(set(seen))
        if split != "train":
            assert sorted(seen) == sorted(data.datasets[split].paths())


def check(batch: Batch, data: SegmentationDataModule, with_mask: bool) -> None:
    count, channels, height, width = batch["image"].shape
    assert (batch["image"].dtype, channels) == (torch.uint8, 3)
    assert batch["image"].is_contiguous(memory_format=torch.channels_last)
    assert [type(path) for path in batch["path"]] == [str] * count
    assert batch["size"] == [(height, width)] * count
    assert set(batch) == {"image", "path", "size"} | ({"mask"} if with_mask else set())
    if with_mask:
        num_classes = len(data.classes)
        shape = (count, num_classes, height, width) if data.multilabel else (count, height, width)
        assert (batch["mask"].dtype, batch["mask"].shape) == (torch.uint8, shape)
        assert set(batch["mask"].unique().tolist()) <= {*range(2 if data.multilabel else num_classes), IGNORE_INDEX}


@every_case
@pytest.mark.parametrize("pattern", ["no field", "{a}{b}", "{a", ""])
def test_a_pattern_of_groups_that_is_none_is_an_error_at_once(name: str, pattern: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"data.group got {pattern!r}")):
        find(name)(**CASES[name](tmp_path), group=pattern)


@every_case
def test_groups_are_those_of_the_pattern_and_must_fit_every_image(name: str, tmp_path: Path) -> None:
    arguments = CASES[name](tmp_path)
    data = find(name)(**arguments, group="{all}")
    data.setup("fit")
    for split in ("train", "val"):
        pattern, groups = data.groups(split) or ("", [])
        assert pattern == "{all}"
        assert groups == [Path(path).stem for path in data.datasets[split].paths()]
    with pytest.raises(DataError, match=r"data\.group got 'x\{all\}', which does not fit"):
        find(name)(**arguments, group="x{all}").setup("fit")


@every_case
def test_without_a_pattern_there_are_no_groups_but_those_that_the_data_are_known_for(name: str, tmp_path: Path) -> None:
    data = find(name)(**CASES[name](tmp_path))
    data.setup("validate")
    found = data.groups("val")
    assert (found is not None) == (name == "ShapesDataModule")  # the drives of CamVid are not in these names
    assert found is None or len(set(found[1])) == len(data.datasets["val"])


@pytest.mark.parametrize("name", ["FolderDataModule", "MultilabelFolderDataModule"])
def test_a_split_by_hashes_keeps_groups_together(name: str, tmp_path: Path) -> None:
    frames = [f"{clip}_{frame}" for clip in "abcdefgh" for frame in range(3)]
    arguments = CASES[name](tmp_path / "one") | {"root": str(tmp_path)}
    masks = ["labels"] if name == "FolderDataModule" else ["labels/lung", "labels/heart"]
    for folder in masks:
        write_pairs(tmp_path / "images", tmp_path / folder, frames, (0, 128) if "Multi" not in name else (0, 1))
    data = find(name)(**arguments, group="{clip}_*")
    data.setup("fit")
    data.setup("test")
    of_splits = [set((data.groups(split) or ("", []))[1]) for split in ("train", "val", "test")]
    assert [len(groups) for groups in of_splits] == [4, 2, 2]
    assert set.union(*of_splits) == set("abcdefgh")
    with pytest.raises(DataError, match=r"have a group of data\.group '\{all\}/\*' for every split"):
        find(name)(**arguments, group="{all}/*").setup("fit")


def test_the_drives_of_camvid_are_known(tmp_path: Path) -> None:
    for split, frames in (("train", ["0001TP_006690", "0016E5_05430"]), ("val", ["0016E5_07959", "0016E5_07961"])):
        write_pairs(tmp_path / split, tmp_path / f"{split}annot", frames, tuple(range(12)))
    data = find("CamVidDataModule")(root=str(tmp_path))
    data.setup("fit")
    assert data.groups("train") == ("{drive}_*", ["0001TP", "0016E5"])
    assert data.groups("val") == ("{drive}_*", ["0016E5", "0016E5"])
