import io
import logging
import os
import random
import signal
import sys
import threading
import warnings

import numpy as np
import pytest
import pytorch_lightning  # noqa: F401  (whose loggers are silenced)
import torch

from segcli.config.output import accept_every_character
from segcli.experiment.quiet import LOGGERS, quiet
from segcli.experiment.restored import restored


def _levels() -> list[int]:
    return [logging.getLogger(name).level for name in LOGGERS]


def test_the_environment_is_as_before_but_for_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "a")
    monkeypatch.setenv("REMOVED", "a")
    monkeypatch.setenv("MASTER_PORT", "1")
    with restored():
        os.environ |= {"KEPT": "b", "NEW": "b", "MASTER_PORT": "2"}
        del os.environ["REMOVED"]
    assert (os.environ["KEPT"], os.environ["REMOVED"], os.environ["MASTER_PORT"]) == ("a", "a", "2")
    assert "NEW" not in os.environ


def test_what_is_silenced_speaks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.DEBUG)
    before, filters = _levels(), list(warnings.filters)
    with restored():
        quiet()
        assert (_levels(), warnings.filters) != (before, filters)
    assert (_levels(), warnings.filters) == (before, filters)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)


def test_warnings_and_outputs_are_written_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(warnings, "formatwarning", str)
    for name in LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    with restored():
        quiet()
        accept_every_character()
        print("→")
        assert warnings.formatwarning is not str
    assert warnings.formatwarning is str
    with pytest.raises(UnicodeEncodeError):
        print("→")
    assert not any(logging.getLogger(name).filters for name in LOGGERS)


def test_numbers_are_drawn_as_if_nothing_had_been_seeded() -> None:
    def draw() -> list[float]:
        return [random.random(), float(np.random.rand()), float(torch.rand(()))]  # noqa: NPY002

    def seed() -> None:
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002
        torch.manual_seed(3)

    seed()
    expected = draw()
    seed()
    with restored():
        draw()
    assert draw() == expected


def test_switches_of_torch_are_as_before() -> None:
    before = torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision()
    with restored():
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("medium")
    assert (torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision()) == before
    assert not torch.backends.cudnn.benchmark


def test_signals_are_given_back_also_after_an_error() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        with restored():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        work()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_thread_leaves_signals_alone() -> None:
    """Only the main thread may set them, and what it sets meanwhile stays."""
    entered, changed, left = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        with restored():
            entered.set()
            changed.wait(10)
        left.set()

    thread = threading.Thread(target=work)
    thread.start()
    entered.wait(10)
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        changed.set()
        thread.join()
        assert left.is_set()
        assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGUSR1, before)
