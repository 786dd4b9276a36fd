"""What an experiment must not say if it is to be trained: callbacks that work against a run, limits that leave nothing.

Refused here, torch-free and all at once, is what Lightning accepts and then does otherwise than a run's record says.
"""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import PurePath

from segcli.config.errors import Problem, did_you_mean, shown
from segcli.config.library import Library, UnknownClassError
from segcli.config.node import ComponentNode, MappingNode, Node, SequenceNode, Source
from segcli.program import program

_OWN_FREEZING = (
    "finds no model.backbone as Lightning expects it, and adds groups that no schedule knows; use extends: "
    "segcli:fine_tune, or model.freezing: {class_path: Freezing, thaw_epochs: 10}"
)
_NO_NUMBERS = "averages the statistics of batch norm as well, and its scores are no numbers"
_BASE = "is a base class and does nothing by itself; name a class derived from it"
REFUSED_CALLBACKS: Mapping[str, str] = {
    "BackboneFinetuning": _OWN_FREEZING,
    "BaseFinetuning": _OWN_FREEZING,
    "BasePredictionWriter": f"{_BASE}; predict writes its pictures without one",
    "BatchSizeFinder": f"trains with another batch than the run records; first use {program()} tune batch_size -c FILE",
    "Callback": _BASE,
    "Checkpoint": _BASE,
    "EMAWeightAveraging": f"{_NO_NUMBERS}; use EMA, or extends: segcli:ema",
    "GradientAccumulationScheduler": "changes within the run how many images a step sees, of which schedules and the "
    "run's record know nothing; use trainer.accumulate_grad_batches, one number",
    "LearningRateFinder": "trains with another learning rate than the run records; "
    f"first use {program()} tune lr -c FILE",
    "ModelPruning": "looks for weights before the model is built; prune a finished one in PyTorch, from "
    "Segmenter.from_checkpoint",
    "OnExceptionCheckpoint": "lets a new run take up what an earlier one left in its folder, without a word; last.ckpt "
    "is written every few minutes and before leaving on a signal: use last_checkpoint.every_minutes",
    "ProgressBar": f"{_BASE}, such as TQDMProgressBar",
    "StochasticWeightAveraging": "leaves checkpoints without the average; use SWA, or extends: segcli:swa",
    "WeightAveraging": f"{_NO_NUMBERS}; use EMA or SWA, or extends: segcli:ema",
}
"""Lightning's callbacks that do not work here, by name: why, and what to use instead."""
STILL_REFUSED = frozenset(name for name, why in REFUSED_CALLBACKS.items() if not why.startswith(_BASE))
"""Those that do not work when a class of the user is derived from them either."""

_LEAST = {
    "gradient_clip_val": 0,
    "log_every_n_steps": 0,
    "max_epochs": -1,
    "max_steps": -1,
    "min_epochs": 0,
    "min_steps": 0,
    "num_sanity_val_steps": -1,
    "reload_dataloaders_every_n_epochs": 0,
    **{f"limit_{split}_batches": 0 for split in ("train", "val", "test", "predict")},
}
"""Of the trainer; most of what is below does nothing there, without a word."""
_PROFILERS = ("simple", "advanced", "pytorch")
_NO_TRAINING = "nothing would be trained"
_NO_VALIDATION = (
    "nothing would be measured, and no checkpoint be the best; give at least one batch, or set checkpoint.monitor to "
    "null to keep the last epoch unmeasured"
)
_LARGEST_SEED = 2**32 - 1
_LONGEST_NAME = 255
"""Bytes in one name, on every common file system."""


def check_trainable(root: Node, library: Library) -> list[Problem]:
    """Return why an experiment is not to be trained.

    Args:
        root: A merged and interpolated tree.
        library: What is known about components.
    """
    return [
        *_callbacks(root, library),
        *_limits(root),
        *_values(root),
        *_checkpoint(root),
        *_seed(root),
        *_run_name(root),
    ]


def _callbacks(root: Node, library: Library) -> Iterator[Problem]:
    node = _at(root, "trainer.callbacks")
    items = node.value if isinstance(node, SequenceNode) else [node]
    for index, item in enumerate(items):
        name = refused(_class_path(item.name, library)) if isinstance(item, ComponentNode) else None
        if isinstance(item, ComponentNode) and name is not None:
            yield Problem(f"{name} {REFUSED_CALLBACKS[name]}", f"trainer.callbacks.{index}", item.cls.source)


def refused(class_path: str) -> str | None:
    """Return the name of one of Lightning's callbacks if it is refused, by whatever path."""
    package, name = class_path.partition(".")[0], class_path.rpartition(".")[2]
    return name if package == "pytorch_lightning" and name in REFUSED_CALLBACKS else None


def _class_path(name: str, library: Library) -> str:
    try:
        return library.class_path(name, library.families["callbacks"])
    except UnknownClassError:  # told elsewhere
        return name


def _limits(root: Node) -> Iterator[Problem]:
    name = "trainer.limit_train_batches"
    if _number(root, name) == 0:
        yield Problem(f"got 0: {_NO_TRAINING}; give at least one batch", name, _source(root, name))
    name, monitor = "trainer.limit_val_batches", _at(root, "checkpoint.monitor")
    if _number(root, name) == 0 and monitor is not None and monitor.value is not None:
        yield Problem(f"got 0: {_NO_VALIDATION}", name, _source(root, name))
    for name in ("trainer.accumulate_grad_batches", "trainer.check_val_every_n_epoch", "trainer.val_check_interval"):
        value = _number(root, name)
        if value is not None and value <= 0:
            yield Problem(f"got {value:g}, expected a number above 0", name, _source(root, name))
    for name in ("trainer.max_epochs", "trainer.max_steps"):
        if _number(root, name) == 0:
            yield Problem(f"got 0: {_NO_TRAINING}; -1 is for no limit", name, _source(root, name))
    checkpoints = _at(root, "trainer.enable_checkpointing")
    if checkpoints is not None and checkpoints.value is False:
        message = (
            "got false, but a run is resumed and evaluated from its checkpoints; to keep the last alone, leave it "
        )
        yield Problem(
            f"{message}out and set checkpoint.save_top_k to 0", "trainer.enable_checkpointing", checkpoints.source
        )
    bare = _at(root, "trainer.barebones")
    if bare is not None and bare.value is True:
        message = (
            "got true, which leaves out logs, checkpoints and callbacks, and with them the run's record; leave it out"
        )
        yield Problem(message, "trainer.barebones", bare.source)


def _values(root: Node) -> Iterator[Problem]:
    for name, least in _LEAST.items():
        value = _number(root, f"trainer.{name}")
        if value is not None and value < least:
            what = "-1 is for no limit, or all" if least else "0 is for none"
            message = f"got {value:g}, expected a number from {least:g}; {what}"
            yield Problem(message, f"trainer.{name}", _source(root, f"trainer.{name}"))
    profiler = _at(root, "trainer.profiler")
    if profiler is not None and (told := _of_profiler(profiler)):
        yield Problem(told, "trainer.profiler", profiler.source)
    interval = _at(root, "trainer.val_check_interval")
    if interval is not None and isinstance(interval.value, str | dict):
        message = "got a time, expected a number of batches, or a share of an epoch from 0 to 1"
        yield Problem(message, "trainer.val_check_interval", interval.source)


def _of_profiler(profiler: Node) -> str:
    """Return why a profiler cannot be; nothing if it can."""
    cls = profiler.cls if isinstance(profiler, ComponentNode) else profiler
    name = cls.value if isinstance(cls.value, str) else ""
    if name in ("xla", "pytorch_lightning.profilers.XLAProfiler") and find_spec("torch_xla") is None:
        return f"{name} needs the package torch_xla, which is not installed; use one of {', '.join(_PROFILERS)}"
    if cls is profiler and name and name not in (*_PROFILERS, "xla"):
        known = ", ".join(_PROFILERS)
        return f"got {shown(name)}, expected {known}, or {{class_path: module.Class}}{did_you_mean(name, _PROFILERS)}"
    return ""


def _checkpoint(root: Node) -> Iterator[Problem]:
    for name, other in (("every_n_train_steps", "every_n_steps"), ("train_time_interval", "every_minutes")):
        key = f"checkpoint.{name}"
        node = _at(root, key)
        if node is not None and node.value not in (None, 0):
            message = (
                "keeps weights between validations, by the score of others; to validate as often, set "
                f"trainer.val_check_interval, to lose less of a run that is killed, last_checkpoint.{other}"
            )
            yield Problem(message, key, node.source)


def _seed(root: Node) -> Iterator[Problem]:
    seed = _number(root, "seed_everything")
    if seed is not None and not 0 <= seed <= _LARGEST_SEED:
        message = f"got {seed:g}, expected a number from 0 to {_LARGEST_SEED}, or true for another seed each time"
        yield Problem(message, "seed_everything", _source(root, "seed_everything"))


def _run_name(root: Node) -> Iterator[Problem]:
    node = _at(root, "run.name")
    name = node.value if node is not None and isinstance(node.value, str) and not node.is_open() else ""
    path = PurePath(name)
    source = _source(root, "run.name")
    if name and (path.is_absolute() or ".." in path.parts or not path.parts):
        message = f"got {shown(name)}, expected a folder below run.root; set run.root to keep runs elsewhere"
        yield Problem(message, "run.name", source)
    elif any(len(part.encode()) > _LONGEST_NAME for part in path.parts):
        yield Problem(f"got {shown(name)}, which is too long for a folder; shorten it", "run.name", source)


def _number(root: Node, key: str) -> float | None:
    node = _at(root, key)
    value = node.value if node is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _source(root: Node, key: str) -> Source | None:
    node = _at(root, key)
    return node.source if node is not None else None


def _at(root: Node, key: str) -> Node | None:
    node: Node | None = root
    for part in key.split("."):
        node = node.value.get(part) if isinstance(node, MappingNode) else None
    return node
