import math
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.config.files import Files
from segcli.config.loader import load_file, load_text, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-2.5", -2.5),
        (".5", 0.5),
        ("12", 12),
        ("0x1f", 31),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("-.inf", -math.inf),
        ("segcli:own_folder", "segcli:own_folder"),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_and_explicit_strings_stay_strings() -> None:
    assert load_text("{a: '1', b: !!str 2}", "x").plain() == {"a": "1", "b": "2"}


def test_every_value_knows_its_line() -> None:
    node = load_text("a: 1\nb:\n  - x\n  - y\nc: {d: 2}\n", "f.yaml")
    lines = {path: leaf.source.line for path, leaf in node.leaves()}
    assert lines == {("a",): 1, ("b", 0): 3, ("b", 1): 4, ("c", "d"): 5}


def test_duplicate_key_names_both_lines() -> None:
    with pytest.raises(ConfigError, match=r"a: key stands twice.*\n  --> f.yaml:3  \(over f.yaml:1\)"):
        load_text("a: 1\nb: 2\na: 3\n", "f.yaml")


def test_bad_yaml_names_file_and_line() -> None:
    with pytest.raises(ConfigError, match=r"not valid YAML.*\n  --> f.yaml:3"):
        load_text("a: 1\nb: [1, 2\nc: 3\n", "f.yaml")


def test_unknown_tag_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown tag !include"):
        load_text("a: !include b.yaml", "f.yaml")


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    with pytest.raises(ConfigError, match="alias"):
        load_text("a: &x {b: *x}", "f.yaml")


def test_a_list_is_no_experiment(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="an experiment is a mapping"):
        load_file(tmp_path / "f.yaml", Files())


def test_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_file(tmp_path / "f.yaml", Files())
