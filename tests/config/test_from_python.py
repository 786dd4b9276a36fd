import math
from pathlib import Path

import numpy as np
import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.from_python import override_words, tree_of
from segcli.config.overrides import parse_overrides


def read_back(value: object) -> object:
    """Return what the composer reads of an override."""
    (layer,), problems = parse_overrides(override_words({"a.b": value}))
    assert not problems
    return layer.plain()["a"]["b"]


@pytest.mark.parametrize(
    "value",
    [
        *(
            "001",
            "1e3",
            "null",
            "true",
            "",
            " ",
            "a: b",
            "# c",
            "[1]",
            "~",
            "0x1f",
            "two\nlines",
            "'",
            '"',
            "!del",
            "é",
        ),
        *(0, -3, 1.5, 1e-5, 1e22, math.inf, True, False, None, [], {}, [1, ["2", None]]),
        {"class_path": "UNet", "dropout": 0.1},
        {0: "background", "255": "cell"},
        {"a.png": 1},
    ],
)
def test_a_value_is_what_it_was(value: object) -> None:
    found = read_back(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("data/cells"), "data/cells"),
        ((1, 2), [1, 2]),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ([Path("a")], ["a"]),
    ],
)
def test_what_yaml_does_not_know_becomes_what_it_does(value: object, expected: object) -> None:
    found = read_back(value)
    assert found == expected
    assert type(found) is type(expected)


def test_nested_keys_are_dotted_ones_and_components_stay_whole() -> None:
    nested = {"model": {"decoder": {"class_path": "UNet"}, "optimizer": {"lr": 0.1}}, "data": {"mask_values": {0: "a"}}}
    assert override_words(nested) == [
        "--model.decoder={class_path: UNet}",
        "--model.optimizer.lr=0.1",
        "--data.mask_values={0: a}",
    ]
    assert override_words({"trainer": {"callbacks+": ["EarlyStopping"]}}) == ["--trainer.callbacks+=[EarlyStopping]"]


@pytest.mark.parametrize("value", [object(), b"x", {1, 2}, lambda: None, [{"a": object()}], {(1, 2): 3}])
def test_what_no_file_could_hold_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"error: model.x\S*: .*expected text"):
        override_words({"model": {"x": value}})


def test_a_mapping_composes_as_its_file_would(tiny: Path) -> None:
    """With parents, variables and lists of components."""
    text = "extends: tiny.yaml\nvars: {n: 3}\ntrainer: {max_epochs: '${vars.n}', callbacks+: [Timer]}\n"
    Path("same.yaml").write_text(text)
    mapping = {
        "extends": "tiny.yaml",
        "vars": {"n": 3},
        "trainer": {"max_epochs": "${vars.n}", "callbacks+": ["Timer"]},
    }
    tree = tree_of(mapping)
    assert compose([], base=tree).plain() == compose([Path("same.yaml")]).plain() == compose([], base=tree).plain()
    assert "extends" in mapping


def test_mistakes_in_a_mapping_say_that_they_are_there(tiny: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([], base=tree_of({"extends": "tiny.yaml", "vars": {"n": 1}, "model": {"decoder": {"x": 1}}}))
    assert "FPN has no option 'x'\n  --> the mapping given\n" in str(caught.value)
    assert "no value refers to ${vars.n}\n  --> the mapping given" in str(caught.value)
