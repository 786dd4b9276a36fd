"""What a run sets for its whole process, taken back afterwards: a notebook goes on after it."""

import io
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from segcli.experiment.quiet import LOGGERS

LAUNCHER = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")
"""Variables by which the processes of one job know each other, to the end of it."""


@contextmanager
def restored(trains: bool = False) -> Iterator[None]:
    """Take back what is set for the process: environment, warnings, logs, outputs, signals and random numbers.

    Of torch, what it is told by a run: seeds, deterministic algorithms and the precision of products. Not its threads,
    nor what modules do when they are imported, nor the variables of a launcher.

    Args:
        trains: Whether the block needs torch and Lightning in any case: they are imported before it.
    """
    if trains:
        import pytorch_lightning  # noqa: F401
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for restore in (_environment(), _logs(), _formats(), _signals(), *_random_numbers(), *_switches()):
            stack.callback(restore)
        yield


def _environment() -> Callable[[], None]:
    before = dict(os.environ)

    def restore() -> None:
        for name in (os.environ.keys() | before.keys()) - set(LAUNCHER):
            if name not in before:
                del os.environ[name]
            elif os.environ.get(name) != before[name]:
                os.environ[name] = before[name]

    return restore


def _logs() -> Callable[[], None]:
    loggers = {name: logging.getLogger(name) for name in LOGGERS}
    before = {name: (name in sys.modules, each.level, list(each.filters)) for name, each in loggers.items()}

    def restore() -> None:
        for name, (was_imported, level, filters) in before.items():
            is_new = name in sys.modules and not was_imported  # it has set the level that is its own
            loggers[name].setLevel(logging.INFO if is_new else level)
            loggers[name].filters[:] = filters

    return restore


def _formats() -> Callable[[], None]:
    """How warnings are written, and what outputs do with characters that their encoding lacks."""
    of_warnings = warnings.formatwarning
    streams = [(each, each.errors) for each in (sys.stdout, sys.stderr) if isinstance(each, io.TextIOWrapper)]

    def restore() -> None:
        warnings.formatwarning = of_warnings
        for stream, errors in streams:
            with suppress(ValueError):  # it is closed
                stream.reconfigure(errors=errors)

    return restore


def _signals() -> Callable[[], None]:
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)

    return restore


def _random_numbers() -> Iterator[Callable[[], None]]:
    state = random.getstate()
    yield lambda: random.setstate(state)
    if "numpy" in sys.modules:
        import numpy as np

        of_numpy = np.random.get_state()  # noqa: NPY002  (what seed_everything seeds)
        yield lambda: np.random.set_state(of_numpy)  # noqa: NPY002
    if "torch" in sys.modules:
        import torch

        of_torch = torch.get_rng_state()
        yield lambda: torch.set_rng_state(of_torch)
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            of_devices = torch.cuda.get_rng_state_all()
            yield lambda: torch.cuda.set_rng_state_all(of_devices)


def _switches() -> Iterator[Callable[[], None]]:
    if "torch" not in sys.modules:
        return
    import torch

    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    yield lambda: torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
    precision = torch.get_float32_matmul_precision()
    yield lambda: torch.set_float32_matmul_precision(precision)
    cudnn: Any = torch.backends.cudnn
    of_cudnn = cudnn.benchmark, cudnn.deterministic

    def restore() -> None:
        cudnn.benchmark, cudnn.deterministic = of_cudnn

    yield restore
