import os
import random
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import segcli
from segcli.experiment.arguments import RunArguments

SHORT = {"trainer": {"max_epochs": 1, "limit_train_batches": 1, "limit_val_batches": 1}, "data.num_workers": 0}


def _state() -> dict[str, object]:
    """What belongs to the process, and a run sets for itself."""
    return {
        "environment": dict(os.environ),
        "warnings": list(warnings.filters),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)],
        "random": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "torch": torch.get_rng_state().tolist(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def test_a_second_run_in_one_process_is_that_of_a_process_alone(trained: Path, tiny: Path) -> None:
    """Nothing is left of the first, which draws other numbers and is deterministic; nor of either in the process."""
    before = _state()
    other = segcli.fit("tiny.yaml", overrides={"seed_everything": 5, "trainer.deterministic": True}, quiet=True)
    assert _state() == before
    run = segcli.fit(tiny, quiet=True)
    assert _state() == before
    assert run.scores == segcli.Run(trained).scores != other.scores
    assert (run.name, other.name) == ("tiny/2", "tiny/1")
    assert run.metrics == segcli.Run(trained).metrics


def test_it_runs_in_a_thread_of_an_interactive_process(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a notebook is one: its main module has no file, and its loaders are processes."""
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    runs: list[segcli.Run] = []
    overrides = SHORT | {"data.num_workers": 1}
    thread = threading.Thread(target=lambda: runs.append(segcli.fit("tiny.yaml", overrides=overrides)))
    thread.start()
    thread.join()
    assert [run.status for run in runs] == ["finished"]
    assert "epoch 1/1" in capsys.readouterr().out


def test_an_experiment_may_be_a_mapping(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = segcli.fit({"extends": "tiny.yaml", "run": {"name": "001"}}, overrides=SHORT, quiet=True)
    assert run.name == "001/1"
    assert run.config["data"]["init_args"]["train_size"] == 24
    assert capsys.readouterr().out == ""


def test_a_run_is_resumed_in_its_folder(copied: Path) -> None:
    before = segcli.Run(copied)
    run = segcli.fit(checkpoint=before.last_checkpoint, overrides={"trainer.max_epochs": 3}, quiet=True)
    assert run.path == before.path
    assert [row["epoch"] for row in run.metrics if "val/mIoU" in row] == [1, 2, 3]


def test_mistakes_are_errors_that_speak_of_arguments(tiny: Path) -> None:
    with pytest.raises(segcli.ConfigError) as caught:
        segcli.fit("tiny.yaml", overrides={"model": {"decoder": {"pyramid_chanels": 3}}, "trainer.max_epochs": "2"})
    assert str(caught.value).splitlines() == [
        "error: model.decoder.pyramid_chanels: FPN has no option 'pyramid_chanels' (did you mean 'pyramid_channels'?)",
        '  --> overrides["model.decoder.pyramid_chanels"]',
        "  options: pyramid_channels, segmentation_channels, dropout",
        "error: trainer.max_epochs: expected int | None, got '2'",
        '  --> overrides["trainer.max_epochs"]  (over tiny.yaml:14)',
        "2 errors. Nothing was run.",
    ]
    assert not Path("runs").exists()


def test_nothing_given_says_what_is_needed(tiny: Path) -> None:
    with pytest.raises(segcli.ConfigError, match="fit needs an experiment: as a file or a mapping"):
        segcli.fit()
    with pytest.raises(segcli.ConfigError, match="as a file or a mapping"):
        segcli.fit(checkpoint="last")


def _ending(code: int) -> Callable[[RunArguments, object], int]:
    return lambda arguments, run: code


def _exit(arguments: RunArguments, run: object) -> int:
    raise SystemExit(1)


@pytest.mark.parametrize(
    ("execute", "expected"),
    [
        (_ending(128 + signal.SIGINT), KeyboardInterrupt),
        (_exit, KeyboardInterrupt),
        (_ending(128 + signal.SIGTERM), SystemExit),
    ],
    ids=["Ctrl-C", "Ctrl-C twice", "SIGTERM"],
)
def test_an_interrupted_run_interrupts_its_caller(
    execute: Callable[[RunArguments, object], int],
    expected: type[BaseException],
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("segcli.api.fit.execute", execute)
    with pytest.raises(expected):
        segcli.fit("tiny.yaml")
