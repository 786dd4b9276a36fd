"""What an experiment may say but hardly means: overrides without effect, paths of one machine, a warm-up of the run."""

import math
import re
from collections.abc import Iterator

from segcli.config.component import component_of, is_path_of_class
from segcli.config.compose import Experiment
from segcli.config.deprecated import deprecations
from segcli.config.errors import Problem
from segcli.config.extends import DEFAULTS
from segcli.config.node import MappingNode, Node, Path, dotted
from segcli.program import program

_ABSOLUTE = re.compile(r"/|~(/|$)|[A-Za-z]:[\\/](?!/)")
_SHAPES = "segcli.datamodules.shapes_data_module.ShapesDataModule"


def lint(experiment: Experiment, own_file_shown: str, batches: int | None = None) -> list[Problem]:
    """Return what should be looked at, though it runs.

    Args:
        experiment: The composed experiment.
        own_file_shown: Its file, as sources show it; overrides are looked for only there.
        batches: Training batches of an epoch, where the data set was counted.
    """
    known = experiment.library.files.show(experiment.library.package_file(DEFAULTS))
    return [
        *_redundant(experiment.root, own_file_shown, known),
        *_absolute(experiment.root),
        *_warm_up(experiment, batches),
        *_test_monitored(experiment.root),
        *deprecations(experiment),
    ]


def _redundant(root: Node, own: str, defaults: str) -> Iterator[Problem]:
    """Yield values that a parent says already; one that states a default of segcli tells what it relies on."""
    for path, node in _values(root):
        below = node.over
        if node.source.where != own or below is None or below.source.where in (own, defaults, ""):
            continue
        if not (_interpolates(node) or _interpolates(below)) and _same(node.plain(), below.plain()):
            message = f"is {_shown(node.plain())} already at {below.source}; `{program()} minimize {own}` drops it"
            yield Problem(message, _name(path), node.source, below.source)


def _absolute(root: Node) -> Iterator[Problem]:
    for path, node in root.leaves():
        written = node.text if node.text is not None else node.value
        if isinstance(written, str) and node.source.line is not None and _ABSOLUTE.match(written):
            message = f"{written!r} exists on one machine only; write it relative to the working directory, or "
            yield Problem(f"{message}as ${{oc.env:NAME}}/...", _name(path), node.source)


def _warm_up(experiment: Experiment, batches: int | None) -> Iterator[Problem]:
    key = "model.schedule.warmup_steps"
    warmup, steps = experiment.get(key), total_steps(experiment, batches)
    if isinstance(warmup, int) and warmup > 0 and steps is not None and warmup >= steps:
        what = f"the warm-up takes {warmup} of the run's {steps} steps"
        cut = f"{what}, and will be cut to a tenth of them; lower it or train for longer"
        whole = f"{what}, so the rate never gets to its decay; lower it or train for longer"
        yield Problem(cut if warmup > steps else whole, key, experiment.source(key))


def total_steps(experiment: Experiment, batches: int | None = None) -> int | None:
    """Return the optimizer steps of the whole run, on one device; None where only the data can tell.

    Args:
        experiment: The composed experiment.
        batches: Training batches of an epoch, where the data set was counted.
    """
    most, epochs = experiment.get("trainer.max_steps"), experiment.get("trainer.max_epochs")
    limit = experiment.get("trainer.limit_train_batches")
    batches = _batches_of_shapes(experiment) if batches is None else batches
    if isinstance(limit, float) and batches is not None:
        batches = int(batches * limit)
    elif isinstance(limit, int):
        batches = limit if batches is None else min(limit, batches)
    known = [most] if isinstance(most, int) and most >= 0 else []
    if batches is not None and isinstance(epochs, int) and epochs >= 0:
        known.append(epochs * math.ceil(batches / (experiment.get("trainer.accumulate_grad_batches") or 1)))
    return min(known, default=None)


def _batches_of_shapes(experiment: Experiment) -> int | None:
    """Return the batches of an epoch of generated pictures, whose number the experiment states."""
    data = component_of(experiment.expanded().get("data"))
    if data is None or data.name != _SHAPES:
        return None
    found = experiment.library.signature(_SHAPES)
    defaults = {name: parameter.default for name, parameter in found.parameters.items()} if found else {}
    values = {**defaults, **data.arguments}
    size, batch = values.get("train_size"), values.get("batch_size")
    return max(1, size // batch) if isinstance(size, int) and isinstance(batch, int) and batch > 0 else None


def _test_monitored(root: Node) -> Iterator[Problem]:
    for path, node in root.leaves():
        if path[-1:] == ("monitor",) and str(node.value).startswith("test/"):
            better = f"val/{str(node.value).removeprefix('test/')}"
            message = f"{node.value!r} would choose by the split that is to measure the choice; use {better!r}"
            yield Problem(message, _name(path), node.source, node.over.source if node.over else None)


def _values(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield what one key sets: scalars, empty mappings and whole lists, which replace one another."""
    if isinstance(node, MappingNode) and node.value:
        for key, child in node.value.items():
            yield from _values(child, (*path, key))
    else:
        yield path, node


def _interpolates(node: Node) -> bool:
    return any(leaf.text is not None or "${" in str(leaf.value) for _, leaf in node.leaves())


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and bool(a == b)


def _name(path: Path) -> str:
    return dotted(path[:-1] if is_path_of_class(path) else path)


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "the same"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
