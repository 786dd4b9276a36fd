"""One table says what a key means; what reads it agrees, for every key that an experiment can have."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from segcli.config.canonical import canonical
from segcli.config.compose import Experiment
from segcli.config.diff import diff
from segcli.config.keys import GROUPS, KEYS, meaning_of, plain
from segcli.config.library import SCALARS, installed
from segcli.config.node import Source, from_plain
from segcli.registry import FAMILIES, SECTIONS
from segcli.runs.continuation import another_experiment
from segcli.runs.identity import config_hash, experiment_hash

DATA = "segcli.datamodules.shapes_data_module.ShapesDataModule"
PLACES = {
    "datamodules": "data",
    "listings": "data.listing",
    "readers": "data.reader",
    "backbones": "model.backbone",
    "decoders": "model.decoder",
    "losses": "model.loss",
    "optimizers": "model.optimizer",
    "schedules": "model.schedule",
    "parameter_groups": "model.parameter_groups",
    "freezing": "model.freezing",
}
LISTS = {
    "callbacks": "trainer.callbacks",
    "loggers": "trainer.logger",
    "metrics": "model.metrics",
    "transforms": "data.train_transforms",
}
TIMER, OTHER = (
    {"class_path": f"pytorch_lightning.callbacks.{name}", "init_args": {}} for name in ("Timer", "DeviceStatsMonitor")
)
PAIRS: list[tuple[Any, Any]] = [
    (None, 3),
    (1, 2),
    (1, 1.0),
    (0, 0.0),
    (1, True),
    (1, "1"),
    (0.1, 0.2),
    (math.nan, math.nan),
    (None, math.nan),
    ("x", "y"),
    ("a/x", "b/x"),
    ("a/x", "/c d/#/x/"),
    ("a/x", "a/y"),
    (None, "a/null"),
    ([1, 2], [2, 1]),
    ([1, 2], (1, 2)),
    ([1], [1.0]),
    ([], None),
    ({}, None),
    (["a/x"], ["b/x"]),
    ({1: "a"}, {"1": "a"}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({0: "a", 1: "b"}, {1: "b", 0: "a"}),
    ({"weights": "a/x"}, {"weights": "b/x"}),
    (TIMER, [TIMER]),
    ([TIMER, OTHER], [OTHER, TIMER]),
    ([TIMER], [OTHER]),
    ([TIMER], None),
]


MOST_CLASSES = 8
"""Of a family; there are 130 transforms, whose arguments mean one thing."""


@cache
def keys() -> tuple[tuple[str, str, str, str], ...]:
    return tuple(_keys())


def _keys() -> Iterator[tuple[str, str, str, str]]:
    """Yield every key of the schema: section, key of a component in it, its class, argument."""
    library = installed()
    yield from ((name, "", "", "") for name in SCALARS)
    for section, path in SECTIONS.items():
        yield from ((section, "", "", name) for name in library.accepted(path)[1])
    for family, place in (PLACES | LISTS).items():
        for name in library.options(FAMILIES[family])[:MOST_CLASSES]:
            path = library.class_path(name, FAMILIES[family])
            arguments = library.accepted(path, FAMILIES[family])[1]
            yield from ((*place.partition(".")[::2], path, argument) for argument in arguments)


def experiment(key: tuple[str, str, str, str], value: object) -> Experiment:
    """Return an experiment with one value and nothing else."""
    section, name, path, argument = key
    content = {argument: value} if argument else value
    if path:
        content = {"class_path": path, "init_args": content}
    if f"{section}.{name}" in LISTS.values():
        content = [content]
    content = {name: content} if name else content
    if section == "data" and name:
        content = {"class_path": DATA, "init_args": content}
    return Experiment(from_plain({section: content}, Source("x")))


def _dotted(key: tuple[str, str, str, str]) -> str:
    return ".".join(part for part in (key[0], key[1], key[3]) if part)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_diff_identity_and_resuming_agree_on_every_key(pair: tuple[object, object]) -> None:
    for key in keys():
        a, b = (experiment(key, value) for value in pair)
        before, after = a.plain(), b.plain()
        shown = {change.key for change in diff(a, b, composed=True) if not change.hidden}
        of_run = config_hash(before) != config_hash(after)
        refused = another_experiment(before, after)
        assert bool(shown) == of_run, key
        assert bool(refused) == (of_run and not meaning_of(_dotted(key)).free), key


def test_the_seed_alone_is_of_the_run_and_not_of_the_experiment() -> None:
    found = {
        key[0]
        for key in keys()
        if experiment_hash(experiment(key, 1).plain()) == experiment_hash(experiment(key, 2).plain())
    }
    assert found - {key.split(".")[0] for key, meaning in KEYS.items() if not meaning.counts} == {"seed_everything"}


def test_what_changes_no_result_may_change_when_a_run_is_resumed() -> None:
    assert [key for key, meaning in KEYS.items() if not meaning.counts and not meaning.free] == []


def test_every_row_is_of_a_key_of_the_schema() -> None:
    """A row whose key was renamed would silently mean nothing."""
    known = {*map(_dotted, keys()), "defaults"}
    assert [row for row in KEYS if not any(key == row or key.startswith(f"{row}.") for key in known)] == []


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("model.backbone.name", "architecture"),
        ("model.decoder", "architecture"),
        ("data.batch_size", "data"),
        ("data.train_transforms: order", "data"),
        ("model.loss.smooth", "optimisation"),
        ("trainer.callbacks[EarlyStopping].patience", "optimisation"),
        ("trainer.max_epochs", "optimisation"),
        ("trainer.max_epochs_of_something_else", "runtime"),
        ("seed_everything", "optimisation"),
        ("trainer.precision", "runtime"),
        ("model.channels_last", "runtime"),
        ("nothing.known", "runtime"),
    ],
)
def test_the_longest_row_gives_the_group(key: str, group: str) -> None:
    assert meaning_of(key).group == group
    assert group in GROUPS


@pytest.mark.parametrize(
    ("key", "free", "counts"),
    [
        ("trainer.max_epochs", True, True),
        ("data.init_args.num_workers", True, False),
        ("pictures.count", True, False),
        ("data.init_args.root", True, True),
        ("model.optimizer.init_args.lr", False, True),
        ("data.init_args.batch_size", False, True),
        ("trainer.max_epochs_of_something_else", False, True),
    ],
)
def test_how_long_and_where_may_change_but_not_what(key: str, free: bool, counts: bool) -> None:
    assert (meaning_of(key).free, meaning_of(key).counts) == (free, counts)


@pytest.mark.parametrize(
    ("key", "is_path"),
    [
        ("model.backbone.weights", True),
        ("data.init_args.root", True),
        ("data.image_dir", True),
        ("trainer.callbacks[X].log_path", True),
        ("model.decoder.class_path", False),
        ("checkpoint.save_weights_only", False),
    ],
)
def test_paths_go_by_the_name_of_the_argument(key: str, is_path: bool) -> None:
    assert meaning_of(key).last_part is is_path


def test_order_is_that_of_one_key_alone() -> None:
    assert meaning_of("trainer.callbacks").order == "none"
    assert meaning_of("trainer.callbacks.milestones").order == "lists"


def test_a_plain_key_has_no_names_of_elements() -> None:
    assert plain("a.init_args.b[C 2].init_args.d: order") == "a.b.d"


@pytest.mark.parametrize("key", ["model.weights", "model.backbone.weights", "trainer.callbacks[X].teacher_ckpt_path"])
def test_of_a_checkpoint_the_whole_path_counts_and_of_other_files_the_last_part(key: str) -> None:
    one, other = (canonical(f"runs/{run}/1/checkpoints/best.ckpt", key) for run in "ab")
    assert one != other
    assert canonical("weights/lite0.safetensors", key) == canonical("/mnt/lite0.safetensors", key)
