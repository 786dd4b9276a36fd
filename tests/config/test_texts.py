"""Arguments of type ``str`` get the text that was written: over every such argument that an experiment can set."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import Experiment, compose
from segcli.config.dumper import dump_inline, dump_standalone
from segcli.config.keys import is_path
from segcli.config.library import installed
from segcli.config.minimize import minimize
from segcli.config.texts import exact_values_in
from segcli.config.types import alternatives, is_plain_type, is_text_type
from segcli.registry import FAMILIES, SECTIONS

PLAIN = ["77950e8", "001", "1e3", "yes", "true", "False", "2024-01-01", "0x10", "0o17", "1_000", "~", "3.0", ".inf"]
PLAIN += ["-1", "1.", "+1", "é", "a b", "a:b", "Null", "12:30:00", "=", "a#b", "9" * 400, "1" + "0" * 200]
"""Texts that stand in a file without quotes; to YAML 1.1 or 1.2, most are no text."""
TYPED = [*PLAIN, "#3", "@a", "/data/set #1", "a: b", "[x]", "{x}", "[x", "*a", "&a", "!x", "a:", "%", " a ", "", "- x"]
TYPED += [
    "? x",
    "|",
    "> x",
    "a\nb",
    "'a' b",
    "{a: b}",
    "!!python/name:os.system",
    "`x`",
    "a\tb",
    "---",
    "...",
    "<<",
    "\\",
]
"""Texts that can be typed behind a flag."""
STRUCTURES = {"a: b", "[x]", "{x}", "a:", "- x", "? x", "{a: b}"}
"""Those that are a list or a mapping where a type has room for one."""
QUOTED = {"'#3'": "#3", '"001"': "001", "'it''s'": "it's", r'"\t"': "\t", "''": "", "'null'": "null", " 'a' ": "a"}
"""What is typed in YAML's quotes, and what that says."""

LISTS = {"callbacks": "trainer.callbacks", "loggers": "trainer.logger", "transforms": "data.train_transforms"}
SINGLE = {"backbones": "model.backbone", "schedules": "model.schedule"}
Write = Callable[[str, str], Path]


def _arguments(path: str, plain: bool = False) -> list[str]:
    """Return the arguments of a class that take text, and neither numbers nor booleans; nor objects, if ``plain``."""
    found, parameters = installed().accepted(path)
    chosen = []
    for name, parameter in parameters.items() if found else ():
        types = alternatives(parameter.annotation)
        takes_more = {getattr(each, "id", "") for each in types} & {"int", "float", "bool"}
        if any(map(is_text_type, types)) and not takes_more and (not plain or all(map(is_plain_type, types))):
            chosen.append(name)
    return [name for name in chosen if name != "default_root_dir"]


@cache
def _classes(family: str, plain: bool = False) -> tuple[tuple[str, list[str]], ...]:
    library = installed()
    names = [name for name in library.options(FAMILIES[family]) if name[0].isupper()]
    return tuple((name, _arguments(library.class_path(name, FAMILIES[family]), plain)) for name in names)


def _tree(value: object, data: str = "ShapesDataModule", plain: bool = False) -> tuple[dict[str, Any], list[str]]:
    """Return an experiment with one value for every text argument that there is, and the keys of those."""
    tree: dict[str, Any] = {"data": {"class_path": data}, "model": {}, "trainer": {}}
    keys = []
    for section, path in SECTIONS.items():
        for name in _arguments(path, plain):
            tree.setdefault(section, {})[name] = value
            keys.append(f"{section}.{name}")
    for family, key in SINGLE.items():
        name, arguments = next((name, found) for name, found in _classes(family, plain) if found)
        tree["model"][key.partition(".")[2]] = {"class_path": name, **dict.fromkeys(arguments, value)}
        keys += [f"{key}.{argument}" for argument in arguments]
    for family, key in LISTS.items():
        chosen = [(name, found) for name, found in _classes(family, plain) if found]
        section, _, last = key.partition(".")
        tree[section][last] = [{"class_path": name, **dict.fromkeys(found, value)} for name, found in chosen]
        keys += [f"{key}.{i}.{argument}" for i, (_, found) in enumerate(chosen) for argument in found]
    for argument in dict(_classes("datamodules"))[data]:
        tree["data"][argument] = value
        keys.append(f"data.{argument}")
    return tree, keys


class _Verbatim(str):
    """Text to be written without quotes."""


def _yaml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return str(value) if isinstance(value, _Verbatim) else dump_inline(value)


def _values(experiment: Experiment, keys: list[str]) -> set[object]:
    """Return the values of keys; ``~`` for the home folder where a path stands, as which it counts there."""
    values = {(experiment.get(key), is_path(key)) for key in keys}
    home = str(Path.home())
    assert not any(value == "~" for value, is_path in values if is_path)
    return {"~" if is_path and value == home else value for value, is_path in values}


def test_there_are_many_such_arguments() -> None:
    assert len(_tree("x")[1]) > 60
    assert {"run.name", "run.root", "checkpoint.dirpath", "model.backbone.weights"} <= set(_tree("x")[1])


@pytest.mark.parametrize("data", [name for name, arguments in _classes("datamodules") if arguments])
@pytest.mark.parametrize("text", PLAIN)
def test_what_a_file_says_without_quotes_is_the_value(write: Write, text: str, data: str) -> None:
    tree, keys = _tree(_Verbatim(text), data)
    assert _values(compose([write("x.yaml", _yaml(tree))], checked=False), keys) == {text}


@pytest.mark.parametrize("text", TYPED)
def test_what_is_typed_is_the_value_and_what_flattened_composes_to(write: Write, text: str) -> None:
    tree, keys = _tree("below", plain=text in STRUCTURES)
    flags = [f"--{key}={text}" for key in keys]
    experiment = compose([write("x.yaml", _yaml(tree))], flags, checked=False)
    assert _values(experiment, keys) == {text}
    again = compose([write("flat.yaml", dump_standalone(experiment.root))], checked=False)
    assert repr(again.plain()) == repr(experiment.plain())
    assert {value for _, value in exact_values_in(experiment.expanded(), installed())} >= {text}


@pytest.mark.parametrize(("text", "meant"), QUOTED.items())
def test_enclosing_quotes_are_taken_off(write: Write, text: str, meant: str) -> None:
    tree, keys = _tree(_Verbatim(text))
    assert _values(compose([write("x.yaml", _yaml(tree))], checked=False), keys) == {meant}
    flags = [f"--{key}={text}" for key in keys]
    assert _values(compose([write("x.yaml", _yaml(_tree("x")[0]))], flags, checked=False), keys) == {meant}


@pytest.mark.parametrize("text", ["77950e8", "001", "[x]", "#3", "null", "a: b", "'q'", " a ", "${x}", "1e-3"])
def test_an_environment_variable_is_the_text_that_it_holds(
    write: Write, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("JOB", text)
    tree, keys = _tree(_Verbatim("'${oc.env:JOB}'"))
    wanted = {text} if text != "null" else {"null", None}  # null, where the type takes that
    assert _values(compose([write("x.yaml", _yaml(tree))], checked=False), keys) == wanted
    composed = compose([write("y.yaml", "data: ShapesDataModule\n")], ["--run.name", "run-${oc.env:JOB}"])
    assert composed.get("run.name") == f"run-{text}"


@pytest.mark.parametrize("text", ["77950e8", "001", "1e-3", "0x10", "true", "~"])
def test_a_reference_is_to_the_text_where_a_text_is_wanted(write: Write, text: str) -> None:
    lines = f"vars: {{a: {text}}}\ndata: ShapesDataModule\nrun: {{name: '${{vars.a}}', root: 'x-${{vars.a}}'}}\n"
    composed = compose([write("x.yaml", lines)])
    assert (composed.get("run.name"), composed.get("run.root")) == (text, f"x-{text}")


def test_a_reference_is_to_the_number_where_a_number_is_wanted(write: Write) -> None:
    lines = "data: ShapesDataModule\nrun: {name: 003}\ntrainer: {max_epochs: '${run.name}'}\n"
    assert compose([write("x.yaml", lines)]).get("trainer.max_epochs") == 3


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("run.name", "null", None),
        ("run.name", "'null'", "null"),
        ("run.name", "~", "~"),
        ("run.root", "null", "null"),
        ("trainer.devices", "2", 2),
        ("trainer.devices", "'2'", "2"),
        ("trainer.devices", "0,1", "0,1"),
        ("trainer.devices", "[0, 1]", [0, 1]),
        ("trainer.val_check_interval", "0.5", 0.5),
        ("trainer.precision", "16", 16),
        ("trainer.max_time", "00:12:00:00", "00:12:00:00"),
        ("trainer.max_time", "{hours: 1}", {"hours": 1}),
        ("trainer.strategy", "ddp", "ddp"),
        ("data.classes", "[001, yes, 1e3, null]", ["001", "yes", "1e3", "null"]),
        ("data.mask_values", "{0: 001, 1: no, 2: 0x10}", {0: "001", 1: "no", 2: "0x10"}),
        ("data.missing_masks", "error", "error"),
        ("run.fingerprint", "sizes", "sizes"),
    ],
)
def test_types_with_room_for_more_than_text(write: Write, key: str, text: str, value: object) -> None:
    below = "data: {class_path: FolderDataModule, root: d}\n"
    if "missing_masks" in key:
        below = "data: {class_path: MultilabelFolderDataModule, root: d}\n"
    found = compose([write("x.yaml", below)], [f"--{key}", text], checked=False).get(key)
    assert repr(found) == repr(value)


def test_keys_that_are_text_are_as_written(write: Write) -> None:
    text = "data: ShapesDataModule\nmodel: {backbone: {class_path: TimmBackbone, backbone_kwargs: {001: 1}}}\n"
    found = compose([write("x.yaml", text)], checked=False).get("model.backbone.backbone_kwargs")
    assert found == {"001": 1}


@pytest.mark.parametrize("text", ["[1", "@a", "a: b: c"])
def test_what_is_no_yaml_is_an_error_where_no_text_is_wanted(error: Callable[..., str], text: str) -> None:
    message = error("data: {class_path: FolderDataModule, root: d}\n", "--data.classes", text)
    assert "data.classes: not valid YAML" in message
    assert "--data.classes on the command line" in message


def test_layers_below_are_told_as_written(write: Write) -> None:
    file = write("x.yaml", "data: ShapesDataModule\nrun: {name: 001}\n")
    node = compose([file], ["--run.name", "0x2"]).root.value["run"].value["name"]
    assert (node.value, node.over.value) == ("0x2", "001")


def test_minimizing_tells_texts_apart_that_yaml_reads_alike(write: Write) -> None:
    write("base.yaml", "data: ShapesDataModule\nrun: {name: 1, root: 007}\n")
    file = write("x.yaml", "extends: base.yaml\nrun:\n  name: 01\n  root: 007\n")
    assert minimize(file).text == "extends: base.yaml\nrun:\n  name: 01\n"
