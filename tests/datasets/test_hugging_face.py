import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.hugging_face import HuggingFace, TableCell
from segcli.datasets.record import Record
from segcli.sample import DataError
from tests.datamodules.data import write_image
from tests.datasets.tables import pixels_of, png, rows, write_arrow, write_hub, write_parquet


def save_to_disk(folder: Path, first: int, counts: Sequence[int]) -> None:
    names = []
    for number, count in enumerate(counts):
        names.append(f"data-{number:05d}-of-{len(counts):05d}.arrow")
        write_arrow(folder / names[-1], rows(count, first))
        first += count
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))


def saved(root: Path) -> Path:
    for split, first, counts in (("train", 0, (4, 2)), ("validation", 6, (3,)), ("test", 9, (2,))):
        save_to_disk(root / split, first, counts)
    (root / "dataset_dict.json").write_text('{"splits": ["train", "validation", "test"]}')
    return root


def folders_of_splits(root: Path) -> Path:
    for split, count, first in (("train", 6, 0), ("validation", 3, 6), ("test", 2, 9)):
        write_parquet(root / "default" / split / "0000.parquet", rows(count, first))
    return root


LAYOUTS = {"saved": saved, "hub": write_hub, "folders": folders_of_splits}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_layouts_give_the_same_images_and_masks(layout: str, tmp_path: Path) -> None:
    root = LAYOUTS[layout](tmp_path)
    data = PatternDataModule(str(root), listing=HuggingFace, classes=["ground", "cell"])
    data.setup("fit")
    data.setup("test")
    first = 0
    for split, count in (("train", 6), ("val", 3), ("test", 2)):
        dataset = data.datasets[split]
        assert len(dataset) == count
        assert dataset.sizes() == [(16, 20)] * count
        for index in range(count):
            image, mask = dataset.load(index)
            np.testing.assert_array_equal(image, pixels_of(png(first + index)))
            np.testing.assert_array_equal(mask, pixels_of(png(first + index, mask=True)))
        first += count
    assert len(set(data.datasets["train"].ids())) == 6
    assert not data.unused_files()


def test_a_split_that_nothing_names_is_by_hashes_of_groups(tmp_path: Path) -> None:
    save_to_disk(tmp_path, 0, (8,))
    assert {record.split for record in HuggingFace(tmp_path).records()} == {None}

    def by_patient(root: Path) -> HuggingFace:
        return HuggingFace(root, group_column="patient")

    data = PatternDataModule(str(tmp_path), listing=by_patient, classes=["a", "b"], val_fraction=0.3)
    data.setup("fit")
    (name, train), (_, val) = (data.groups("train") or ("", []), data.groups("val") or ("", []))
    assert name == "data.listing"
    assert train
    assert val
    assert not {*train} & {*val}


def test_a_cell_is_read_in_any_process(tmp_path: Path) -> None:
    cell = next(record for record in HuggingFace(write_hub(tmp_path)).records() if record.split == "train").packed[0]
    assert isinstance(cell, TableCell)
    assert len(pickle.dumps(cell)) < 500
    assert pickle.loads(pickle.dumps(cell)).read() == png(0)


def records(root: Path, columns: Mapping[str, Any], **options: str) -> list[Record]:
    write_parquet(root / "train.parquet", columns)
    return HuggingFace(root, **options).records()


@pytest.mark.parametrize(
    ("names", "options"),
    [
        ({"image": "image", "label": "mask"}, {}),
        ({"image": "pixel_values", "label": "label"}, {}),
        ({"image": "image", "label": "trimap"}, {}),
        ({"image": "photograph", "label": "annotation"}, {}),
        ({"image": "a", "label": "b"}, {"image_column": "a"}),
        ({"image": "a", "label": "b"}, {"mask_column": "b"}),
        ({"image": "mask", "label": "image"}, {"image_column": "mask", "mask_column": "image"}),
    ],
)
def test_columns_are_found_or_named(names: dict[str, str], options: dict[str, str], tmp_path: Path) -> None:
    columns = {names.get(name, name): values for name, values in rows(2).items()}
    found = records(tmp_path, columns, **options)
    assert [record.image_data() for record in found] == [[png(0)], [png(1)]]
    assert [record.masks[0].data() for record in found] == [png(0, mask=True), png(1, mask=True)]


def test_bytes_may_stand_alone_and_files_beside_the_table(tmp_path: Path) -> None:
    write_image(tmp_path / "x/a.png")
    alone = records(tmp_path, {"image": [png(0)], "mask": [png(0, mask=True)]})
    assert alone[0].image_data() == [png(0)]
    (beside,) = records(tmp_path, {"image": [{"bytes": None, "path": "x/a.png"}], "mask": [png(0, mask=True)]})
    assert (beside.packed, beside.image) == ((), tmp_path / "x/a.png")


def test_a_row_without_mask_is_an_image_without_mask(tmp_path: Path) -> None:
    columns = {**rows(3), "label": [None, {"bytes": None, "path": None}, {"bytes": png(0, mask=True), "path": None}]}
    assert [len(record.masks) for record in records(tmp_path, columns)] == [0, 0, 1]
    data = PatternDataModule(
        str(tmp_path), listing=HuggingFace, classes=["a", "b"], missing_masks="skip", val_fraction=0
    )
    data.prepare("train")
    assert len(data.datasets["train"]) == 1


IMAGE, MASK = rows(2)["image"], rows(2)["label"]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"label": MASK, "id": [1, 2]}, {}, "of which label may hold images; it is not sure which one does"),
        ({"id": [1, 2]}, {}, "has columns id, of which none holds images as bytes of PNG"),
        ({"a": IMAGE, "b": IMAGE}, {}, "of which a, b may hold images"),
        ({"image": IMAGE, "id": [1, 2]}, {}, r"not sure which of these holds masks.*data\.listing\.mask_column"),
        ({"image": IMAGE, "a": MASK, "b": MASK}, {}, "not sure which of these holds masks"),
        ({"image": IMAGE, "label": [None, None]}, {"mask_column": "label"}, "column label holds null, expected images"),
        ({"image": IMAGE, "label": MASK}, {"mask_column": "lable"}, r"mask_column got 'lable' \(did you mean 'label'"),
        ({"image": IMAGE, "label": [0, 1]}, {"mask_column": "label"}, "column label holds int64, expected images"),
        ({"image": [[[1]], [[2]]], "label": MASK}, {"image_column": "image"}, "column image holds list"),
        ({"image": [IMAGE[0], None], "label": MASK}, {}, r"train\.parquet, row 1: image holds no image"),
        ({"image": [{"bytes": None, "path": "x.png"}], "label": MASK[:1]}, {}, r"row 0: image names x\.png, which is"),
        ({"image": IMAGE, "label": MASK, "p": ["a", None]}, {"group_column": "p"}, "row 1: p is empty; fill it"),
        ({"image": IMAGE, "label": MASK}, {"group_column": "p"}, "group_column got 'p'"),
        ({"image": IMAGE[:0], "label": MASK[:0]}, {"image_column": "image"}, "column image holds null"),
    ],
)
def test_columns_at_fault_are_named(
    columns: Mapping[str, Any], options: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        records(tmp_path, columns, **options)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"has neither dataset_dict\.json or state\.json, as save_to_disk writes, nor files of Parquet"),
        ({"a/b.txt": ""}, "nor files of Parquet"),
        ({"dataset_dict.json": "{"}, r"dataset_dict\.json holds no splits"),
        ({"dataset_dict.json": '{"splits": ["train"]}'}, r"train/state\.json cannot be read \(No such file"),
        ({"state.json": "[]"}, r"state\.json holds no _data_files"),
        ({"state.json": '{"_data_files": [1]}'}, r"state\.json names no files"),
        ({"state.json": '{"_data_files": []}'}, "has files without rows"),
        ({"state.json": '{"_data_files": [{"filename": "x.arrow"}]}'}, r"x\.arrow cannot be read \(No such file"),
    ],
)
def test_folders_at_fault_are_named(files: Mapping[str, str], message: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        HuggingFace(tmp_path).records()
    with pytest.raises(DataError, match=r"none is missing or no folder; .* "):
        HuggingFace(tmp_path / "none").records()


def test_an_image_at_fault_is_named_by_file_column_and_row(tmp_path: Path) -> None:
    columns = rows(2)
    columns["image"][1] = {"bytes": png(1)[:60], "path": None}
    columns["label"][0] = {"bytes": png(0, mask=True, size=(16, 22)), "path": None}
    write_parquet(tmp_path / "train.parquet", columns)
    data = PatternDataModule(str(tmp_path), listing=HuggingFace, classes=["a", "b"], val_fraction=0)
    data.prepare("train")
    assert [data.datasets["train"].faults(index, None)[0].partition(" (")[0] for index in range(2)] == [
        f"{tmp_path}/train.parquet/image/000000 is 16 x 20 px, its mask {tmp_path}/train.parquet/label/000000 is 16 x "
        "22 px",
        f"{tmp_path}/train.parquet/image/000001 cannot be read as an image",
    ]


@pytest.mark.filterwarnings("default")  # of another library's
def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    columns = {name: values for name, values in rows(5).items() if name != "patient"}
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Image()})
    whole = datasets.Dataset.from_dict(columns, features=features)
    both = datasets.DatasetDict(train=whole.select([3, 1, 4]), test=whole.select([0, 2]))
    both.save_to_disk(tmp_path / "saved")
    for split, part in both.items():
        part.to_parquet(tmp_path / f"hub/data/{split}-00000-of-00001.parquet")
    for folder in ("saved", "hub"):
        found = HuggingFace(tmp_path / folder).records()
        images = {record.split: [] for record in found}
        for record in found:
            images[record.split].append(record.image_data())
        assert images == {"train": [[png(n)] for n in (3, 1, 4)], "test": [[png(n)] for n in (0, 2)]}
