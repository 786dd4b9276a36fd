"""Layouts as they lie on disk, read to the pixel; those of ../shared/layouts where they are at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from segcli.cli.main import main
from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_mask

LAYOUTS = Path(os.environ.get("SEGCLI_TEST_DATA", Path(__file__).parents[3] / "shared")) / "layouts"
MODES = {"potsdam": "RGBA", **dict.fromkeys(("nnunet", "geotiff", "floattiff"), "native")}


def keys_by_layout() -> dict[str, dict[str, Any]]:
    file = LAYOUTS / "layouts.yaml"
    return yaml.safe_load(file.read_text()) if file.is_file() else {}


MAKE = """
import runpy, sys
from pathlib import Path
import numpy as np
maker, root = runpy.run_path(sys.argv[1]), Path(sys.argv[2])
for make in maker["LAYOUTS"]:
    make(root / make.__name__)
for (layout, name), truth in maker["TRUTH"].items():
    file = root / "_truth" / layout / f"{name}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, truth)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not LAYOUTS.is_dir():
        pytest.skip(f"{LAYOUTS} is not there: SEGCLI_TEST_DATA names the folder that holds it")
    root = tmp_path_factory.mktemp("layouts")
    words = [sys.executable, "-c", MAKE, str(LAYOUTS / "make_layouts.py"), str(root)]
    subprocess.run(words, check=True, capture_output=True)
    return root


@pytest.mark.parametrize("layout", sorted(keys_by_layout()) or ["plain"])
def test_layouts_are_read_to_the_pixel(layout: str, made: Path) -> None:
    keys = keys_by_layout()[layout]
    data = PatternDataModule(
        str(made / layout), image_mode=MODES.get(layout, "RGB"), val_fraction=0.25, batch_size=1, **keys
    )
    stages = {"fit": ("train", "val"), "test": ("test",)}
    used = stages if "test" in keys.get("splits", {}) else {"fit": ("train", "val")}
    for stage in used:
        data.setup(stage)
    truths = {path.stem: np.load(path) for path in (made / "_truth" / layout).glob("*.npy")}
    seen = dict[str, str]()
    for split, dataset in data.datasets.items():
        for index, path in enumerate(dataset.paths()):
            mask = dataset.load(index)[1]
            assert mask is not None
            (name,) = [name for name in truths if name in path]
            seen[name] = split
            np.testing.assert_array_equal(mask, truths[name], err_msg=f"{layout} {path}")
    assert len(seen) == len(truths) == 4
    assert len(set(seen.values())) >= 2


Capture = pytest.CaptureFixture[str]
NAMES = [f"p{patient}_{frame}" for patient in range(3) for frame in range(4)]
PAIRED = {"image": "images/{name}.png", "mask": "labels/{name}_mask.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images whose masks have a suffix and hold 0 and 255."""
    for name in NAMES:
        write_image(tmp_path / "images" / f"{name}.png")
        write_mask(tmp_path / "labels" / f"{name}_mask.png", (0, 255))
    return tmp_path


def prepared(root: Path, stage: str = "fit", **keys: object) -> PatternDataModule:
    given: dict[str, Any] = {**PAIRED, "mask_values": {0: "ground", 255: "cell"}, **keys}
    data = PatternDataModule(str(root), **given)
    data.setup(stage)
    return data


def names(dataset: SampleDataset) -> set[str]:
    return {Path(path).stem for path in dataset.paths()}


def test_the_hash_split_is_that_of_the_folder_module(folder: Path) -> None:
    for name in NAMES:
        write_mask(folder / "masks" / f"{name}.png", (0, 255))
    own = prepared(folder, mask="masks/{name}")
    other = FolderDataModule(str(folder), mask_dir="masks", mask_values={0: "ground", 255: "cell"})
    other.setup("fit")

    for split in ("train", "val"):
        assert own.datasets[split].paths() == other.datasets[split].paths()
        assert own.datasets[split][0]["mask"].equal(other.datasets[split][0]["mask"])
    assert len(own.datasets["val"]) == 2


def test_groups_stay_together_and_limits_are_kept(folder: Path) -> None:
    data = prepared(folder, group="{patient}_*", val_fraction=0.3, limit=3)

    val, train = (names(data.datasets[split]) for split in ("val", "train"))
    assert len({name[:2] for name in val}) == 1
    assert len(val) == 4
    assert len(train) == 3
    assert not {name[:2] for name in val} & {name[:2] for name in train}


def test_lists_of_names_choose_the_splits_and_the_rest_is_unused(folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "train.txt").write_text("p0_0 1 1\nimages/p0_1.png\n\n# a remark\np1_0.png\n")
    (folder / "lists" / "valid.txt").write_text("p2_3\n")
    data = prepared(folder, split_files="lists/{split}.txt")

    assert names(data.datasets["train"]) == {"p0_0", "p0_1", "p1_0"}
    assert names(data.datasets["val"]) == {"p2_3"}
    assert len(data.unused_files()) == 2 * (len(NAMES) - 4)

    (folder / "lists" / "valid.txt").write_text("p2_3\np0_0\n")
    with pytest.raises(DataError, match=r"p0_0\.png is in the lists of val and train"):
        prepared(folder, split_files="lists/{split}.txt")
    (folder / "lists" / "valid.txt").write_text("p9_9\n")
    with pytest.raises(DataError, match=r"valid\.txt names 1 images that data\.image does not find: p9_9"):
        prepared(folder, split_files="lists/{split}.txt")
    with pytest.raises(DataError, match=r"of data\.split_files is nowhere 'dev'; there are train, valid"):
        prepared(folder, split_files="lists/{split}.txt", splits={"train": "train", "val": "dev"})
    with pytest.raises(DataError, match=r"expected a path with \{split\}"):
        prepared(folder, split_files="lists/train.txt")


@pytest.mark.parametrize("val", ["val", "valid", "Validation"])
def test_splits_are_fields_of_the_path_under_their_usual_names(tmp_path: Path, val: str) -> None:
    for split, name in (("Train", "a"), ("Train", "b"), (val, "a")):
        write_image(tmp_path / split / f"{name}.png")
        write_mask(tmp_path / split / f"{name}.gt.png", (0, 255))
    data = prepared(tmp_path, image="{split}/{name}.png", mask="{split}/{name}.gt.png")

    assert [len(data.datasets[split]) for split in ("train", "val")] == [2, 1]
    assert data.datasets["val"].ids() == ["a.png"]


def test_a_split_of_an_unknown_name_is_not_replaced_silently(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        for name in "abcde":
            write_image(tmp_path / split / f"{name}.png")
            write_mask(tmp_path / split / f"{name}.gt.png", (0, 255))
    keys: dict[str, Any] = {"image": "{split}/{name}.png", "mask": "{split}/{name}.gt.png"}
    with pytest.raises(DataError, match=r"data\.splits, such as \{train: train, val: dev\}"):
        prepared(tmp_path, **keys)
    assert len(prepared(tmp_path, **keys, splits={"train": "train", "val": "dev"}).datasets["val"]) == 5
    data = prepared(tmp_path, **keys, splits={"train": "train"})
    assert [len(data.datasets[split]) for split in ("train", "val")] == [4, 1]
    assert len(data.unused_files()) == 10
    with pytest.raises(DataError, match=r"\{split\} of data\.image is nowhere 'eval'; there are dev"):
        prepared(tmp_path, **keys, splits={"train": "train", "val": "eval"})


def test_images_without_mask_are_what_is_asked_for(folder: Path) -> None:
    for name in NAMES[:3]:
        (folder / "labels" / f"{name}_mask.png").unlink()
    with pytest.raises(DataError, match=r"images have no mask that data\.mask 'labels/\{name\}_mask\.png' fits: "):
        prepared(folder)
    data = prepared(folder, missing_masks="skip")
    assert sum(map(len, data.datasets.values())) == len(NAMES) - 3
    data = prepared(folder, missing_masks="cell")
    found = {
        Path(path).stem: dataset.load(number)[1]
        for dataset in data.datasets.values()
        for number, path in enumerate(dataset.paths())
    }
    assert all((found[name] == 1).all() for name in NAMES[:3])
    assert not any((found[name] == 1).all() for name in NAMES[3:])
    assert found[NAMES[0]].shape == found[NAMES[3]].shape
    with pytest.raises(DataError, match=r"missing_masks got 'nothing', expected error, skip, ground, cell"):
        prepared(folder, missing_masks="nothing")


def test_predicts_all_images_and_no_masks_beside_them(tmp_path: Path) -> None:
    for name in "abc":
        write_image(tmp_path / f"{name}.png")
    write_mask(tmp_path / "a_mask.png", (0, 255))
    data = prepared(tmp_path, stage="predict", image="{name}.png", mask="{name}_mask.png")
    assert names(data.datasets["predict"]) == {"a", "b", "c"}
    assert len(prepared(tmp_path, stage="predict", image="{name}", mask=None).datasets["predict"]) == 4


def test_a_file_for_each_class_gives_indices_or_channels(tmp_path: Path) -> None:
    columns = {"cat": (0, 255, 0, 0), "dog": (0, 0, 255, 0)}
    for name in "abcde":
        write_image(tmp_path / "images" / f"{name}.png", width=4)
        for label, values in columns.items():
            write_mask(tmp_path / "labels" / label / f"{name}.png", values, width=4)
    keys: dict[str, Any] = {"image": "images/{name}", "mask": "labels/{class}/{name}", "mask_values": None}

    def row(**more: object) -> list[Any]:
        mask = prepared(tmp_path, **{**keys, **more}).datasets["val"].load_mask(0)
        assert mask is not None
        return mask[..., 0, :].tolist()

    assert row(classes=["ground", "cat", "dog"]) == [0, 1, 2, 0]
    assert row(classes=["cat", "dog"], other_values="ignore") == [255, 0, 1, 255]
    assert row(classes=["cat", "dog"], multilabel=True) == [[0, 1, 0, 0], [0, 0, 1, 0]]
    assert row(mask_values={"x": "ground", "dog": "animal", "cat": "animal"}) == [0, 1, 1, 0]
    assert row(classes=["ground", "dog"], other_values="ground", missing_masks="empty") == [0, 0, 1, 0]
    wrong: dict[str, Any]
    for wrong, message in (
        ({"classes": ["cat", "dog"]}, "32 pixels are in none of its 2 masks"),
        (
            {"classes": ["ground", "cat"]},
            r"\{class\} of data\.mask is dog, which data\.classes or data\.mask_values does not name",
        ),
        ({"classes": ["ground", "cat", "dog", "bird"]}, r"no mask has bird as \{class\}"),
        ({"classes": ["ground", "cat", "dog"], "mask_threshold": 3}, "neither mask_threshold nor ignore_classes"),
    ):
        with pytest.raises(DataError, match=message):
            row(**wrong)

    for name in "abcde":
        write_mask(tmp_path / "labels" / "dog" / f"{name}.png", (0, 255, 255, 0), width=4)
    with pytest.raises(DataError, match=r"cat/.\.png and .*dog/.\.png share 16 pixels"):
        row(classes=["ground", "cat", "dog"])
    assert row(classes=["ground", "cat", "dog"], overlaps="last") == [0, 2, 2, 0]

    (tmp_path / "labels" / "cat" / "a.png").unlink()
    with pytest.raises(DataError, match=r"a\.png has masks of dog and none of cat"):
        prepared(tmp_path, **keys, classes=["ground", "cat", "dog"])
    data = prepared(tmp_path, **keys, classes=["ground", "cat", "dog"], missing_masks="empty")
    sources = [data.datasets[split].sources(0) for split in ("train", "val")]
    assert [each[1] for each in sources if "a.png" in str(each[0])] == [b"no mask"]


def test_masks_of_single_objects_are_laid_over_each_other(tmp_path: Path) -> None:
    for name in "ab":
        write_image(tmp_path / name / "images" / f"{name}.png", width=4)
        write_mask(tmp_path / name / "masks" / "1.png", (0, 255, 0, 0), width=4)
        write_mask(tmp_path / name / "masks" / "2.png", (0, 0, 0, 255), width=4)
    data = prepared(
        tmp_path, image="{name}/images/{name}.png", mask="{name}/masks/*.png", mask_values=None, classes=["no", "cell"]
    )
    mask = data.datasets["val"].load_mask(0)
    assert mask is not None
    assert mask[0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"image": "images/{name"}, r"data\.image got 'images/\{name': a brace has no partner"),
        ({"image": "pictures/{name}.png"}, r"data\.image got 'pictures/\{name\}\.png', which fits no file below"),
        (
            {"mask": "masks/{name}.png"},
            r"data\.mask got 'masks/\{name\}\.png', which fits no file below .*; there are images/p0_0\.png, labels/p0",
        ),
        ({"mask": "labels/{name}.png"}, r"no file that it fits belongs to an image: labels/p0_0_mask\.png not to"),
        ({"mask": "labels/{city}_{name}.png"}, r"with \{city\}, which data\.image 'images/\{name\}\.png' has not"),
        ({"image": "{class}/{name}.png"}, r"expected no \{class\}"),
        ({"mask": None}, "data.mask is not given"),
        ({"multilabel": True}, r"expected \{class\} in data\.mask"),
        ({"mask_values": None}, "got neither classes nor mask_values"),
        ({"mask_values": {0: "ground"}}, r"_mask\.png has mask value 255 "),
        ({"label_file": "labels.txt"}, "got label_file beside mask_values or"),
        ({"val_fraction": 0}, r"has no images to val with: nothing names a split val"),
    ],
)
def test_wrong_keys_are_told_with_what_is_there(folder: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepared(folder, **keys).datasets["train"].load(0)


def test_images_of_one_name_need_a_field_that_tells_them_apart(tmp_path: Path) -> None:
    for area in ("urban", "rural"):
        write_image(tmp_path / area / "0.png")
        write_mask(tmp_path / area / "0_m.png", (0, 255))
    with pytest.raises(DataError, match="both are image '0'"):
        prepared(tmp_path, image="*/{name}.png", mask="*/{name}_m.png")
    data = prepared(tmp_path, image="{area}/{name}.png", mask="{area}/{name}_m.png", val_fraction=0.5)
    assert data.datasets["train"].paths() != data.datasets["val"].paths()


def test_trains_from_the_command_line_with_colours(tmp_path: Path, tiny: Path, capsys: Capture) -> None:
    for name in "abcdefgh":
        write_image(tmp_path / "x" / f"{name}.jpg", 32, 32)
        pixels = np.zeros((32, 32, 3), np.uint8)
        pixels[:, 16:] = (255, 128, 0)
        (tmp_path / "x" / "truth").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "x" / "truth" / f"{name}.png")
    own = tmp_path / "own.yaml"
    own.write_text(
        f"extends: {tiny}\ndata:\n  class_path: PatternDataModule\n  root: {tmp_path / 'x'}\n  image: '{{name}}.jpg'\n"
        "  mask: 'truth/{name}.png'\n  mask_values: {'#000000': ground, '#ff8000': cell}\n  batch_size: 2\n"
        "  train_transforms: null\n  val_transforms: null\n"
    )
    assert main(["fit", "-c", str(own), "--trainer.max_epochs", "1"]) == 0, capsys.readouterr()
    captured = capsys.readouterr().out
    assert "cell" in captured
    assert "guide own-data" not in captured


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"image": "{name}.png", "image_dir": "x"},
            "got image_dir or mask_dir beside image, manifest, coco, outlines or",
        ),
        (
            {"image": "{name}.png", "mask_dir": "x"},
            "got image_dir or mask_dir beside image, manifest, coco, outlines or",
        ),
        (
            {"manifest": "a.csv", "mask": None, "image_dir": "x", "image": None},
            "got image_dir or mask_dir beside image",
        ),
        ({"manifest": "a.csv"}, "got two of image"),
        ({"coco": "a.json"}, "got two of image"),
        ({"coco": "a.json", "manifest": "a.csv", "image": None, "mask": None}, "got two of image"),
        ({"image": None, "mask": "{name}.png"}, r"data\.mask got a value without data\.image"),
        ({"image": None, "mask": None, "splits": {"val": "x"}}, r"data\.splits got a value without data\.image"),
        (
            {"image": None, "mask": None, "missing_masks": "cell"},
            r"data\.missing_masks got a value without data\.image",
        ),
    ],
)
def test_patterns_and_folders_are_not_mixed(folder: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepared(folder, **keys)


def test_two_folders_are_read_without_patterns(folder: Path) -> None:
    for name in NAMES:
        write_mask(folder / "masks" / f"{name}.png", (0, 255))
    data = prepared(folder, image=None, mask=None, mask_dir="masks")
    assert sum(map(len, data.datasets.values())) == len(NAMES)


def test_a_table_names_files_splits_and_groups(folder: Path) -> None:
    lines = [f"images/{name}.png,labels/{name}_mask.png,{name[:2]}" for name in NAMES]
    (folder / "all.csv").write_text("\n".join(["image,mask,patient", *lines]))
    data = prepared(folder, image=None, mask=None, manifest="all.csv", group="patient", val_fraction=0.3)
    found = data.groups("val")
    assert found is not None
    assert found[0] == "column patient"
    assert len(set(found[1])) == 1
    assert len(found[1]) == 4
    assert not set(found[1]) & set(data.groups("train")[1])  # type: ignore[index]

    (folder / "all.csv").write_text(
        "\n".join(
            ["image,mask,split", *(f"{line[:-2]}{'train' if number else 'valid'}" for number, line in enumerate(lines))]
        )
    )
    data = prepared(folder, image=None, mask=None, manifest="all.csv")
    assert [len(data.datasets[split]) for split in ("train", "val")] == [len(NAMES) - 1, 1]
    data = prepared(folder, image=None, mask=None, manifest="all.csv", group="{patient}_*")
    assert data.groups("val") == ("{patient}_*", ["p0"])


def test_a_row_without_mask_is_what_is_asked_for(folder: Path) -> None:
    rows = [f"images/{name}.png,{'' if number < 3 else f'labels/{name}_mask.png'}" for number, name in enumerate(NAMES)]
    (folder / "all.csv").write_text("\n".join(["image,mask", *rows]))
    with pytest.raises(DataError, match="images have no mask: "):
        prepared(folder, image=None, mask=None, manifest="all.csv")
    data = prepared(folder, image=None, mask=None, manifest="all.csv", missing_masks="skip")
    assert sum(map(len, data.datasets.values())) == len(NAMES) - 3


def test_files_that_links_lead_to_are_used(folder: Path) -> None:
    (folder / "images").rename(folder / "raw")
    (folder / "images").symlink_to(folder / "raw", target_is_directory=True)
    assert prepared(folder).unused_files() == []


def test_names_of_values_are_found_below_the_data_or_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "labels.csv").write_text("Pixel Value, Class\n0, ground\n255, cell\n")
    keys: dict[str, Any] = {"mask_values": None, "label_file": "labels.csv"}
    assert prepared(folder, **keys).classes == ("ground", "cell")
    monkeypatch.chdir(folder)
    (folder / "new").mkdir()
    write_image(folder / "new" / "a.png")
    data = prepared(folder / "new", stage="predict", image="{name}", mask=None, **keys)
    assert data.classes == ("ground", "cell")
    with pytest.raises(DataError, match="label_file beside mask_values or"):
        prepared(folder, mask="{class}/{name}.png", **keys)


@pytest.mark.parametrize("kind", ["via", "cvat"])
def test_outlines_of_all_images_in_one_file(tmp_path: Path, kind: str) -> None:
    names = [f"{number}.png" for number in range(5)]
    for name in names:
        write_image(tmp_path / "photos" / name)
    if kind == "via":
        shape = {"name": "rect", "x": 2, "y": 3, "width": 5, "height": 4}
        regions = [{"shape_attributes": shape, "region_attributes": {"class": "cat"}}]
        file = tmp_path / "via.json"
        file.write_text(json.dumps({name: {"filename": name, "regions": regions} for name in names}))
    else:
        shape_text = '<box label="cat" xtl="2" ytl="3" xbr="7" ybr="7"/>'
        images = "".join(f'<image name="{name}" width="20" height="16">{shape_text}</image>' for name in names)
        file = tmp_path / "cvat.xml"
        file.write_text(f"<annotations>{images}</annotations>")
    data = PatternDataModule(str(tmp_path), outlines=file.name, classes=["background", "cat"], val_fraction=0.4)
    data.setup("fit")
    expected = np.zeros((16, 20), np.uint8)
    expected[3:8, 2:8] = 1
    assert sum(map(len, data.datasets.values())) == 5
    for dataset in data.datasets.values():
        np.testing.assert_array_equal(dataset.load(0)[1], expected)
