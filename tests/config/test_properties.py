"""What holds for every experiment, tried on random ones."""

import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from segcli.config.compose import compose
from segcli.config.dumper import dump, dump_inline, dump_standalone
from segcli.config.errors import ConfigError
from segcli.config.library import installed
from segcli.config.loader import load_text
from segcli.config.merge import Merger
from segcli.config.minimize import minimize
from segcli.config.node import MappingNode, Node, Source, from_plain

Tree = dict[Any, Any]
Keys = tuple[Any, ...]
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")  # else a folder in the repository
repeatable = partial(
    settings, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)  # the same examples in every run, and no folder of past ones

WORDS = ["yes", "null", "1e3", "12", "0o7", "~", "", "a: b", "# c", "- x", "ä\n\nb ", "\\", r"\${vars.a}", "! x", "???"]
texts = st.sampled_from(WORDS) | st.text(max_size=5).filter(lambda text: not {"$", "\0"} & {*text})
scalars = st.none() | st.booleans() | st.integers(-3, 30) | st.floats(width=32) | texts
keys = st.sampled_from(["a", "b", "c", "0", 0, 7, 1.5, True, "null", "x y", "a.b", "é"])


def _dictionaries(
    names: st.SearchStrategy[Any], values: st.SearchStrategy[Any], most: int
) -> st.SearchStrategy[dict[Any, Any]]:
    """Mappings without two keys that read alike, such as ``0`` and ``"0"``: those are one key of an experiment."""
    return st.dictionaries(names, values, max_size=most).filter(lambda tree: len({*map(str, tree)}) == len(tree))


plain = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | _dictionaries(keys, inner, 3), max_leaves=6)


def _component(*names: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Name alone, flat form, ``init_args`` form, and arguments without a class."""
    chosen = st.fixed_dictionaries({}, optional=arguments)
    name = st.sampled_from(names)
    flat = st.builds(lambda cls, args: {"class_path": cls, **args}, name, chosen)
    full = st.builds(lambda cls, args: {"class_path": cls, "init_args": args}, name, chosen)
    return name | flat | full | chosen


numbers = st.integers(0, 3) | st.floats(0, 1)
losses = _component("DiceLoss", "CrossEntropyLoss", smooth=numbers, ignore_index=numbers)
weighted = st.fixed_dictionaries({"class_path": st.just("WeightedSum"), "terms": st.lists(losses, max_size=2)})
transforms = st.lists(_component("HorizontalFlip", "VerticalFlip", p=numbers).filter(bool), max_size=2)
sections = {
    "model": st.fixed_dictionaries(
        {},
        optional={
            "decoder": _component("FPN", "UNet", "segcli.decoders.fpn.FPN", dropout=numbers, depth=numbers),
            "optimizer": _component("AdamW", "torch.optim.SGD", lr=numbers, weight_decay=numbers),
            "loss": losses | weighted,
        },
    ),
    "data": _component(
        "ShapesDataModule",
        "FolderDataModule",
        batch_size=numbers,
        mask_values=st.dictionaries(st.integers(0, 2), texts, max_size=3),
        train_transforms=transforms,
    ),
    "trainer": st.fixed_dictionaries(
        {},
        optional={
            "max_epochs": numbers,
            "logger": st.booleans() | st.just("CSVLogger") | texts,
            "callbacks": st.just(["ModelSummary"]),
        },
    ),
    "run": st.dictionaries(keys, plain, max_size=3),
    "seed_everything": scalars,
    "extra": plain,
}
trees = st.fixed_dictionaries({"run": sections.pop("run")}, optional=sections)


@dataclass(frozen=True)
class Tagged:
    """A value with a tag of the composer before it."""

    tag: str
    value: Any = None


def _yaml(value: object, flow: bool, indent: str = "") -> str:
    """Write a tree that may hold tags, with or without braces."""
    if isinstance(value, Tagged):
        return f"{value.tag.strip('+')} {_yaml(value.value, True) if value.value is not None else ''}"
    if isinstance(value, dict) and value and not flow:
        below = ((k, _yaml(v, k in ("loss", "b"), f"{indent}  ")) for k, v in value.items())
        return "".join(f"\n{indent}{dump_inline(k)}: {text}  # of {i}" for i, (k, text) in enumerate(below))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dump_inline(k)}: {_yaml(v, True)}" for k, v in value.items()) + "}"
    if isinstance(value, list) and value and not flow:
        return "".join(f"\n{indent}- {_yaml(item, True)}" for item in value)
    return (
        "[" + ", ".join(_yaml(item, True) for item in value) + "]"
        if isinstance(value, list)
        else dump_inline([value])[1:-1]
    )


def _places(tree: object, path: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield path and value of every key, mappings in lists left out."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield (*path, key), value
            yield from _places(value, (*path, key))


def _put(tree: Tree, path: Keys, value: object) -> None:
    for key in path[:-1]:
        if not isinstance(tree.get(key), dict):
            tree[key] = {}
        tree = tree[key]
    tree.pop(path[-1], None)
    tree.pop(f"{path[-1]}+", None)
    tree[f"{path[-1]}+" if isinstance(value, Tagged) and value.tag == "+" else path[-1]] = value


def _edit(data: st.DataObject, tree: Tree, below: Tree) -> None:
    """Say in a layer something about one key of what lies below: the same, that it goes, whence it comes."""
    path, value = data.draw(st.sampled_from(list(_places(below))))
    words = [p for p, v in _places(below) if all(str(k).isidentifier() for k in p) and str(v).isalnum()]
    edits: list[Any] = [value, value, Tagged("!del")]
    edits += [f"${{{'.'.join(map(str, p))}}}" for p in data.draw(st.lists(st.sampled_from(words), max_size=1))]
    if isinstance(value, dict):
        edits.append(Tagged("!replace", data.draw(st.sampled_from([{}, {"a": 1}, value]))))
    if isinstance(value, list):
        edits.append(Tagged("+", [data.draw(st.sampled_from([*value, "DiceLoss"]))]))
    _put(tree, path, data.draw(st.sampled_from(edits)))


def _experiment(data: st.DataObject, folder: Path) -> Path:
    """Draw an experiment of one to three files, each extending the one before."""
    for i in range(data.draw(st.integers(1, 3))):
        tree = deepcopy(data.draw(trees))
        file = folder / f"x{i}.yaml"
        if variables := data.draw(st.lists(plain, max_size=1)):
            tree["vars"], tree["run"]["v"] = {"v": variables[0]}, "${vars.v}"
        if i:
            below = compose([folder / f"x{i - 1}.yaml"], checked=False).plain()
            for _ in range(data.draw(st.integers(0, 4))):
                _edit(data, tree, below)
            tree["extends"] = f"x{i - 1}.yaml"
        file.write_text(_yaml(tree, data.draw(st.booleans())).lstrip("\n") + "\n")
        note(f"--- {file.name}\n{file.read_text()}")
        try:
            compose([file], checked=False)
        except ConfigError:
            reject()
    return file


@repeatable(max_examples=100)
@given(st.data())
def test_a_flattened_experiment_composes_to_itself(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        experiment = compose([_experiment(data, Path(folder))], checked=False)
        flat = Path(folder) / "flat.yaml"
        flat.write_text(dump_standalone(experiment.root))
        note(f"--- flat\n{flat.read_text()}")
        assert repr(compose([flat], checked=False).plain()) == repr(experiment.plain())


@repeatable(max_examples=40)
@given(st.data())
def test_a_minimized_experiment_composes_to_the_same_and_nothing_more_can_go(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = _experiment(data, Path(folder))
        before = compose([file], checked=False).plain()
        less = minimize(file)
        file.write_text(less.text)
        note(f"--- minimized\n{less.text}")
        assert repr(compose([file], checked=False).plain()) == repr(before)
        assert minimize(file).dropped == ()


@repeatable(max_examples=200)
@given(_dictionaries(keys | st.none() | texts, plain, 4))
def test_what_is_dumped_is_loaded_as_it_was(tree: Tree) -> None:
    assert repr(load_text(dump(tree), "x").plain()) == repr(tree)


@repeatable(max_examples=200)
@given(plain)
def test_what_is_dumped_inline_is_one_line_and_loaded_as_it_was(value: object) -> None:
    text = dump_inline(value)
    assert "\n" not in text
    assert repr(load_text(f"a: {text}", "x").plain()) == repr({"a": value})


def _merged(below: Node, over: Node) -> Node:
    merger = Merger()
    tree = merger.merge(below, over, installed().root)
    assert merger.problems == []
    return tree


def _fold(*layers: Node) -> tuple[Tree, Tree]:
    """Return three layers merged from below, and from above."""
    first, second, third = layers
    first = _merged(MappingNode({}, Source("")), first)  # the lowest is normal already, as when composing
    left, right = _merged(_merged(first, second), third), _merged(first, _merged(second, third))
    return left.plain(), right.plain()


steps = _component("FPN", dropout=numbers, depth=numbers)
edits = st.dictionaries(st.sampled_from("01"), st.fixed_dictionaries({}, optional={"p": numbers}), min_size=1)
layers = st.fixed_dictionaries(
    {},
    optional={
        "model": st.fixed_dictionaries({}, optional={"decoder": steps, "loss": weighted}),
        "data": _component("FolderDataModule", batch_size=numbers, train_transforms=transforms),
        "run": st.dictionaries(st.sampled_from("ab"), scalars | st.lists(scalars), max_size=2),
        "extra": st.fixed_dictionaries({"elements": edits}),
    },
)


@repeatable(max_examples=100)
@given(layers, layers, layers)
def test_merging_is_associative_where_every_key_keeps_its_kind(first: Tree, second: Tree, third: Tree) -> None:
    """Layers may be merged in any grouping under three conditions; below are counterexamples to each.

    Only the lowest layer has tags and ``key+``: merging two layers on their own uses up those of the upper one, though
    what they act on may lie below both. Every key is a mapping in all layers that have it, or in none; a mapping of
    indices over a list counts as a list, but not at a component place, where only the list below tells the two apart.
    All layers that name the class of one component name the same; layers that only give arguments may lie anywhere.
    """
    lowest = {**first, "extra": {"elements": [{"p": 5}, {"q": 5}]}}
    left, right = _fold(*(from_plain(layer, Source("x")) for layer in (lowest, second, third)))
    assert repr(left) == repr(right)


@pytest.mark.parametrize(
    "texts",
    [
        ("a: {b: 1}", "a: {c: 1}", "a: !replace {d: 1}"),
        ("a: {b: 1}", "a: !replace {c: 1}", "a: {d: 1}"),
        ("a: {b: 1}", "a: !del", "a: {c: 1}"),
        ("a: [1]", "a+: [2]", "a+: [3]"),
        ("a: [1]", "b: 2", "a+: [3]"),
        ("a: {b: 1}", "a: 2", "a: {c: 3}"),
        ("a: {b: 1}", "a: [2]", "a: {c: 3}"),
        ("a: {b: 1}", "a: null", "a: {c: 3}"),
        ("trainer: {callbacks: [ModelSummary]}", "seed_everything: 1", "trainer: {callbacks: {0: {max_depth: 1}}}"),
        ("model: {decoder: {class_path: FPN, dropout: 1}}", "model: {decoder: UNet}", "model: {decoder: FPN}"),
        ("model: {decoder: FPN}", "model: {decoder: {depth: 1}}", "model: {decoder: UNet}"),
    ],
)
def test_merging_is_not_associative_elsewhere(texts: tuple[str, str, str]) -> None:
    left, right = _fold(*(load_text(text, "x") for text in texts))
    assert left != right
