"""What the trainer refuses, said of the one argument that is at fault, and what it would take and then fail with."""

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.accelerators import AcceleratorRegistry
from pytorch_lightning.callbacks import DeviceStatsMonitor, LearningRateMonitor
from pytorch_lightning.strategies import StrategyRegistry

from segcli.config.errors import did_you_mean, in_a_line

_DURATIONS = {"max_time": r"\d+(:\d\d){3}", "val_check_interval": r"\d+(:\d+){3}"}
"""Arguments of the trainer that may be a span of time, and how Lightning reads it."""
_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
_OF_THE_MACHINE: Mapping[str, Any] = {
    "accelerator": "cpu",
    "devices": 1,
    "num_nodes": 1,
    "strategy": "auto",
    "precision": "32-true",
    "deterministic": None,
    "benchmark": None,
    "plugins": None,
    "profiler": None,
    "barebones": False,
    "callbacks": None,
    "logger": False,
}
"""Trainer arguments that another machine may take, or that change this process, in a form that any takes."""
_REMEDIES = {
    "accelerator": "set it to auto, which takes what this machine has, or train where there is one",
    "devices": "set it to auto, which takes what this machine has, or train where there are as many",
    "strategy": "set it to auto, or to ddp for several devices",
    "precision": "set it to 32-true or bf16-mixed",
}
_LOG = (LearningRateMonitor, DeviceStatsMonitor)
"""Lightning's callbacks that refuse to run without a logger."""
_IN_NOTEBOOKS = ("spawn", "fork", "notebook")


class TrainerError(ValueError):
    """The trainer refuses an argument.

    Args:
        key: Its dotted key.
        message: Why, and what to do.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def check_trainer(tree: Mapping[str, Any]) -> None:
    """Build a trainer, as far as it does not depend on the machine.

    Raises:
        TrainerError: If it refuses an argument.
    """
    given = tree.get("trainer", {})
    for key, form in _DURATIONS.items():
        _check_duration(key, given.get(key), form)
    check_names(given)
    arguments = {**given, **_OF_THE_MACHINE}
    try:
        _build(arguments)
    except Exception as error:
        raise at_fault(error, arguments) from error


def check_names(given: Mapping[str, Any]) -> None:
    """Refuse accelerators and strategies that no machine has, and strategies that cannot train here.

    Raises:
        TrainerError: If there is one.
    """
    known = {
        "accelerator": ("auto", "gpu", *AcceleratorRegistry.available_accelerators()),
        "strategy": ("auto", *StrategyRegistry.available_strategies()),
    }
    for key, names in known.items():
        name = given.get(key, "auto")
        if isinstance(name, str) and name not in names:
            options = [each for each in names if not any(sign in each for sign in _IN_NOTEBOOKS)]
            hint = did_you_mean(name, options)
            raise TrainerError(f"trainer.{key}", f"got {name!r}{hint}, expected {', '.join(options)}")
        if key == "strategy" and isinstance(name, str) and any(sign in name for sign in _IN_NOTEBOOKS):
            why = "starts copies of this process, which lose what the run records of itself; set it to ddp"
            raise TrainerError("trainer.strategy", f"got {name!r}, which {why}")


def check_loggers(callbacks: Iterable[object], has_logger: bool) -> None:
    """Refuse callbacks that do nothing but log where nothing keeps their logs.

    Raises:
        ValueError: If there is one.
    """
    names = [type(each).__name__ for each in callbacks if isinstance(each, _LOG)] if not has_logger else []
    if names:
        raise ValueError(f"{names[0]} needs a logger, and trainer.logger is false; remove one of both")


def at_fault(error: Exception, arguments: Mapping[str, Any]) -> TrainerError:
    """Return of an error of the trainer which argument it is of: the one without which it does not arise.

    Args:
        error: What the trainer raised when it was built.
        arguments: What it was built with.
    """
    for key in arguments:
        if arguments[key] is not None:
            try:
                _build({name: value for name, value in arguments.items() if name != key})
            except Exception as other:
                if str(other) == str(error):
                    continue
            remedy = f"; {_REMEDIES[key]}" if key in _REMEDIES else ""
            return TrainerError(f"trainer.{key}", f"{in_a_line(error).rstrip('.!')}{remedy}")
    return TrainerError("trainer", in_a_line(error))


def _build(arguments: Mapping[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of a GPU that is not used
        pl.Trainer(**arguments)


def _check_duration(key: str, value: object, form: str) -> None:
    """Refuse what is no span of time, where it is a text or a mapping and so can be nothing else."""
    if isinstance(value, str) and not re.fullmatch(form, value.strip()):
        raise TrainerError(f"trainer.{key}", f"got {value!r}, expected days, hours, minutes and seconds: '00:12:00:00'")
    unknown = [name for name in value if name not in _UNITS] if isinstance(value, dict) else []
    if unknown:
        hint = did_you_mean(unknown[0], _UNITS)
        raise TrainerError(f"trainer.{key}", f"got {unknown[0]!r}{hint}, expected numbers of {', '.join(_UNITS)}")
