"""Every preset of a data set reads what its own patterns say, to the pixel; a new one is covered by its file."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.sample import IGNORE_INDEX
from tests.test_experiments import CAMVID, needs_camvid

PRESETS = Path(__file__).parent.parent / "segcli" / "presets" / "data"
NAMES = [path.stem for path in sorted(PRESETS.glob("*.yaml"))]
FORMS = {".jpg": {"quality": 95}}
HEIGHT, PER_CLASS = 16, 8
VISTAS = {"labels": [{"readable": "Bird"}, {"readable": "Car"}, {"readable": "Unlabeled", "evaluate": False}]}

every_preset = pytest.mark.parametrize("name", NAMES)


def keys_of(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))["data"])


def meant(keys: dict[str, Any]) -> dict[int | str, int]:
    """Values or colours with the class index that they stand for, computed from the keys alone."""
    if "label_file" in keys:
        return {0: 0, 1: 1, 2: IGNORE_INDEX}
    values = keys.get("mask_values") or dict(enumerate(keys["classes"]))
    names = [*dict.fromkeys(values.values())]
    found = {value: names.index(name) for value, name in values.items()}
    if keys.get("other_values") == "ignore":
        found[2] = IGNORE_INDEX
    return found | dict.fromkeys(keys.get("ignore_values", ()), IGNORE_INDEX)


def pixels(values: list[int | str]) -> Image.Image:
    """Columns of all values."""
    if isinstance(values[0], str):
        colours = [[int(str(value)[at : at + 2], 16) for at in (1, 3, 5)] for value in values]
        return Image.fromarray(np.tile(np.repeat(np.array(colours, np.uint8), PER_CLASS, 0), (HEIGHT, 1, 1)))
    return Image.fromarray(np.tile(np.repeat(np.array(values, np.uint8), PER_CLASS), (HEIGHT, 1)))


def write(image: Image.Image, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, **FORMS.get(file.suffix, {}))


def make(root: Path, keys: dict[str, Any], values: list[int | str]) -> None:
    """Write four images for every split, with a mask of all values each."""
    called = list((keys.get("splits") or {"train": "train", "val": "val"}).values())
    in_path = "{split}" in keys["image"]
    for split, number in product(called, range(4)):
        given = {"name": f"drive{number % 2}_{split}{number}", "split": split, "city": "bonn", "area": "Urban"}
        given |= {"product": "nut", "defect": "scratch", "channel": "0000"}
        image, mask = (root / _with_extension(keys[key].format(**given)) for key in ("image", "mask"))
        write(Image.new("RGB", (PER_CLASS * len(values), HEIGHT)), image)
        write(pixels(values), mask)
        if "split_files" in keys:
            file = root / keys["split_files"].format(split=split)
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as stream:
                stream.write(f"{given['name']} 1\n")
    assert in_path or "split_files" in keys or called == ["train", "val"]
    if "label_file" in keys:
        (root / keys["label_file"]).write_text(json.dumps(VISTAS), encoding="utf-8")


def _with_extension(path: str) -> str:
    return path if Path(path).suffix else f"{path}.png"


@every_preset
def test_a_data_set_is_read_to_the_pixel(name: str, tmp_path: Path) -> None:
    keys = keys_of(name)
    expected = meant(keys)
    make(tmp_path, keys, [*expected])
    arguments = {key: value for key, value in keys.items() if key not in ("class_path", "root")}
    data = PatternDataModule(str(tmp_path), **arguments)
    data.setup("fit")

    row = np.repeat([*expected.values()], PER_CLASS)
    for split in ("train", "val"):
        dataset = data.datasets[split]
        assert len(dataset) > 0
        for index in range(len(dataset)):
            mask = dataset.load(index)[1]
            np.testing.assert_array_equal(mask, np.tile(row, (HEIGHT, 1)))
    assert max(each for each in expected.values() if each != IGNORE_INDEX) == len(data.classes) - 1


@every_preset
def test_a_data_set_goes_with_other_presets(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = keys_of(name)
    if "label_file" in keys:  # names the classes, so it is read
        make(tmp_path / keys["root"], keys, [0, 1, 2])
    file = tmp_path / "own.yaml"
    model = "model: {backbone: {class_path: TimmBackbone, name: resnet18, pretrained: true}}"
    file.write_text(f"extends: [segcli:data/{name}, segcli:augment]\n{model}\n", encoding="utf-8")
    assert compose([file]).get("data.class_path") == "PatternDataModule"
    assert main(["check", str(file)]) == 0, capsys.readouterr().out


@needs_camvid
def test_camvid_is_that_of_its_own_module() -> None:
    keys = {key: value for key, value in keys_of("camvid").items() if key not in ("class_path", "root")}
    by_patterns, own = PatternDataModule(str(CAMVID), **keys), CamVidDataModule(str(CAMVID))
    for data in (by_patterns, own):
        data.setup("fit")
    assert by_patterns.classes == own.classes
    for split in ("train", "val"):
        assert by_patterns.datasets[split].paths() == own.datasets[split].paths()
        assert by_patterns.groups(split) == own.groups(split)
        for index in (0, len(own.datasets[split]) - 1):
            np.testing.assert_array_equal(
                by_patterns.datasets[split].load(index)[1], own.datasets[split].load(index)[1]
            )
