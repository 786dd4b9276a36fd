import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.survey.class_names import class_settings
from segcli.survey.folder import look_at_folder
from segcli.survey.mask_values import Key, Kind, MaskValues
from tests.survey.data import loaded, mask, picture, proposed, settings_of


def named(root: Path, shares: dict[Key, float], kind: Kind = "values", classes: tuple[str, ...] = ()) -> dict[str, Any]:
    found = class_settings(look_at_folder(root), MaskValues(kind, shares, 3, 3), classes)
    return {setting.key.removeprefix("data."): setting.value for setting in found}


@pytest.mark.parametrize(
    ("shares", "kind", "expected"),
    [
        ({0: 0.7, 255: 0.3}, "values", {"mask_values": {0: "background", 255: "foreground"}}),
        ({0: 0.7, 1: 0.3}, "values", {"mask_values": {0: "background", 1: "foreground"}}),
        ({0: 0.7, 4: 0.3}, "values", {"mask_values": {0: "class_0", 4: "class_4"}}),
        (
            {0: 0.7, 1: 0.2, 255: 0.1},
            "values",
            {"mask_values": {0: "background", 1: "foreground"}, "ignore_values": [255]},
        ),
        (
            {-1: 0.1, 0: 0.7, 1: 0.2},
            "values",
            {"mask_values": {0: "background", 1: "foreground"}, "ignore_values": [-1]},
        ),
        (
            {0: 0.7, 255: 0.3},
            "threshold",
            {"mask_values": {0: "background", 255: "foreground"}, "mask_threshold": 128},
        ),
        (
            {"#000000": 0.03, "#0000ff": 0.5, "#ff0000": 0.47},
            "colours",
            {"mask_values": {"#0000ff": "class_0", "#ff0000": "class_1"}, "ignore_values": ["#000000"]},
        ),
        (
            {"#000000": 0.5, "#0000ff": 0.3, "#ff0000": 0.2},
            "colours",
            {"mask_values": {"#000000": "class_0", "#0000ff": "class_1", "#ff0000": "class_2"}},
        ),
        ({"cat": 0.1, "dog": 0.2}, "shapes", {"classes": ["background", "cat", "dog"]}),
        ({"background": 0.1, "dog": 0.2}, "shapes", {"classes": ["nothing", "background", "dog"]}),
        ({"0": 0.1, "2": 0.2}, "shapes", {"mask_values": {-1: "background", 0: "class_0", 2: "class_2"}}),
    ],
)
def test_names_are_guessed_where_nothing_tells(
    tmp_path: Path, shares: dict[Key, float], kind: Kind, expected: dict[str, Any]
) -> None:
    assert named(tmp_path, shares, kind) == expected


def test_folders_name_classes(tmp_path: Path) -> None:
    assert named(tmp_path, {0: 0.9, 255: 0.1}, classes=("cat", "dog")) == {"classes": ["background", "cat", "dog"]}


@pytest.mark.parametrize(
    ("file", "text", "shares", "kind", "expected"),
    [
        ("labelmap.txt", "sky:0,0,0::\ncar:255,0,0::\n", {"#000000": 1.0}, "colours", {"label_file": "labelmap.txt"}),
        (
            "train/_classes.csv",
            "Pixel Value, Class\n0, a\n1, b\n",
            {0: 0.5, 1: 0.5},
            "values",
            {"label_file": "train/_classes.csv"},
        ),
        (
            "classes.txt",
            "sky\ncar\ntree\n",
            {0: 0.5, 2: 0.5},
            "values",
            {"mask_values": {0: "sky", 1: "car", 2: "tree"}},
        ),
        (
            "data.yaml",
            "names: [cat, dog]\n",
            {"1": 0.5},
            "shapes",
            {"mask_values": {-1: "background", 0: "cat", 1: "dog"}},
        ),
        (
            "data.yaml",
            "names: {0: cat, 1: dog}\n",
            {"0": 0.5},
            "shapes",
            {"mask_values": {-1: "background", 0: "cat", 1: "dog"}},
        ),
    ],
)
def test_files_name_classes(
    tmp_path: Path, file: str, text: str, shares: dict[Key, float], kind: Kind, expected: dict[str, Any]
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert named(tmp_path, shares, kind) == expected


def test_void_beside_named_values_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"a": 0, "b": 1}}))
    assert named(tmp_path, {0: 0.5, 1: 0.4, 255: 0.1}) == {"label_file": "dataset.json", "ignore_values": [255]}


def test_a_file_that_does_not_name_what_masks_hold_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("sky\ncar\n")
    (tmp_path / "dataset.json").write_text("{")
    (tmp_path / "data.yaml").write_text("names: 3\n")
    assert named(tmp_path, {0: 0.5, 5: 0.5}) == {"mask_values": {0: "class_0", 5: "class_5"}}


def test_numbers_of_objects_become_one_class(tmp_path: Path) -> None:
    """As nuclei are stored: 1 to n in each mask."""
    for number, name in enumerate("abcdef"):
        picture(tmp_path / "images" / f"{name}.png")
        mask(tmp_path / "masks" / f"{name}.png", (0, *range(1, 4 + number % 4)))
    proposal = proposed(tmp_path)
    settings = settings_of(proposal)
    assert settings["data.classes"] == ["background", "object"]
    assert settings["data.mask_values"] == {0: "background"}
    assert settings["data.other_values"] == "object"
    assert "data.other_values" in [setting.key for setting in proposal.guesses]
    (labels,) = {tuple(np.unique(loaded(proposal, tmp_path).datasets["val"].load(0)[1]))}
    assert labels == (0, 1)
