import math
import time
from pathlib import Path

import pytest
import yaml

from segcli.config.errors import ConfigError
from segcli.config.files import Files
from segcli.config.loader import load_file, load_text, load_typed, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-2.5", -2.5),
        (".5", 0.5),
        (str(2**63 - 1), 2**63 - 1),
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


@pytest.mark.parametrize("keys", ["0 '0'", "'0' 0", "0 0x0", "1 '1'", "1.5 '1.5'", "a 'a'", "-1 '-1'"])
def test_keys_that_read_alike_are_one_key(keys: str) -> None:
    first, second = keys.split()
    with pytest.raises(ConfigError, match=r"key stands twice.*\n  --> f.yaml:2  \(over f.yaml:1\)"):
        load_text(f"{first}: a\n{second}: b\n", "f.yaml")


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


def test_a_merge_key_brings_the_fields_of_a_mapping_with_their_lines() -> None:
    text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n"
    b = load_text(text, "f.yaml").value["b"]
    assert list(b.plain().items()) == [("x", 1), ("y", 3)]
    assert [str(node.source) for node in b.value.values()] == ["f.yaml:1", "f.yaml:4"]
    assert (b.value["y"].over.value, str(b.value["y"].over.source)) == (2, "f.yaml:1")


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("{<<: {x: 1}, x: 2}", {"x": 2}),
        ("{x: 2, <<: {x: 1}}", {"x": 2}),
        ("{<<: [{x: 1}, {x: 2, y: 2}]}", {"x": 1, "y": 2}),
        ("{<<: {x: 1, <<: {x: 2, z: 3}}}", {"x": 1, "z": 3}),
        ("{<<: []}", {}),
        ("{<<: {}}", {}),
        ("{'<<': 1}", {"<<": 1}),
    ],
)
def test_merge_keys_are_those_of_yaml_1_1(text: str, merged: object) -> None:
    assert load_text(text, "f.yaml").plain() == merged
    if text.count("<<") == 1:  # of nested ones, PyYAML lets the inner win
        assert yaml.safe_load(text) == merged


@pytest.mark.parametrize("value", ["3", "[3]", "[[{a: 1}]]", "x", "null"])
def test_only_mappings_can_be_merged(value: str) -> None:
    with pytest.raises(ConfigError, match=r"<< takes a mapping, or a list of mappings\n  --> f.yaml:1"):
        load_text(f"<<: {value}", "f.yaml")


def test_a_merge_key_stands_once() -> None:
    with pytest.raises(ConfigError, match="<<: key stands twice"):
        load_text("{<<: {x: 1}, <<: {y: 2}}", "f.yaml")


@pytest.mark.parametrize(
    "text", ["{name: a, init_args: {name: b}}", "{init_args: {name: b}, name: a}", "{name: a, init_args: {name: a}}"]
)
def test_an_argument_beside_init_args_and_in_it_stands_twice(text: str) -> None:
    with pytest.raises(ConfigError, match="name: key stands twice beside init_args and in it"):
        load_text(f"model: {text}", "f.yaml")


def _doubling(depth: int, first: str, again: str) -> str:
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{i}: &a{i} " + again.replace("*", f"*a{i - 1}") for i in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        _doubling(40, "[x, x]", "[*, *]"),
        _doubling(40, "{x: 1}", "{a: *, b: *}"),
        _doubling(40, "{x: 1}", "{<<: [*, *], b: *, c: *}"),
        "[" * 5000,
        "[" * 5000 + "]" * 5000,
        "{a: " * 500 + "}" * 500,
        "\n".join(" " * i + "a:" for i in range(900)),
        "- " * 900 + "x",
        "a: [" + "x, " * 200_000 + "x]",
        "x" * 2_000_000,
        "? " * 900,
        "a: " + "&a " * 900,
    ],
    ids=range(12),
)
def test_what_unfolds_without_end_is_refused_at_once(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ConfigError):
        load_text(text, "f.yaml")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text", ["9" * 5000, "-" + "1" * 400, "0x" + "f" * 4000, "0o" + "7" * 5000, str(2**63), f"-{2**63}", hex(2**63)]
)
def test_numbers_beyond_any_type_stay_text(text: str) -> None:
    assert scalar(text) == text


def test_a_file_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert load_file(tmp_path / "f.yaml", Files()).plain() == {"a": "é"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_another_encoding_is_named_as_that(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "f.yaml").write_bytes("a: é\n".encode(encoding))
    with pytest.raises(ConfigError, match="not UTF-8 text; save it as UTF-8"):
        load_file(tmp_path / "f.yaml", Files())


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "f.yaml").open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(ConfigError, match="longer than 1,000,000 bytes"):
        load_file(tmp_path / "f.yaml", Files())


def test_a_text_is_one_that_files_can_be_named_with() -> None:
    for text in ('a: "x\\ud83d"', 'a: "x\\0"', '"\\udcff": 1'):
        with pytest.raises(ConfigError, match="x:1"):
            load_text(text, "x")
    with pytest.raises(ConfigError, match=r"no text in UTF-8\n  --> --run.name on the command line"):
        load_typed("\udcff", "--run.name")
