import os
import signal
import stat
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from segcli.callbacks.last_checkpoint import LastCheckpoint
from segcli.cli.main import main

STEPS = """
import pytorch_lightning as pl
from pathlib import Path

class Steps(pl.Callback):
    def on_save_checkpoint(self, trainer, pl_module, checkpoint):
        with open("saved.txt", "a") as file:
            print(trainer.global_step, file=file)
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--last_checkpoint.every_n_steps", "2"], [2, 3, 4, 6]),  # 3 and 6 end epochs
        (["--last_checkpoint.every_minutes", "0.0000001"], [1, 2, 3, 4, 5, 6]),
        (["--last_checkpoint.every_minutes", "null"], [3, 6]),
        (["--last_checkpoint.every_n_steps", "1", "--trainer.accumulate_grad_batches", "2"], [1, 2, 3, 4]),
        (["--trainer.fast_dev_run", "2"], []),
    ],
)
def test_it_is_written_when_it_is_time(tiny: Path, words: list[str], expected: list[int]) -> None:
    (tiny.parent / "steps_of.py").write_text(STEPS)
    (tiny.parent / "saved.txt").touch()
    callbacks = "[{class_path: steps_of.Steps}]"
    words = ["--trainer.callbacks", callbacks, "--checkpoint.save_top_k", "0", *words]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 0
    assert [int(line) for line in (tiny.parent / "saved.txt").read_text().split()] == expected


@pytest.mark.parametrize("words", [{"every_minutes": 0.0}, {"every_n_steps": 0}])
def test_numbers_out_of_range_are_refused(words: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected above 0 and at least 1; null for none"):
        LastCheckpoint(**words)  # type: ignore[arg-type]


def test_signals_belong_to_others_again_after_a_run(tiny: Path) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "1"]) == 0
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


class _Signal(pl.Callback):
    """Sends this process a signal after a batch."""

    number = signal.SIGUSR1

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        if trainer.global_step == 2:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(("script", "told"), [("exit 0", "SLURM will start job 5_3 again"), ("exit 1", "did not take")])
def test_a_slurm_job_is_queued_again(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    scontrol = tiny.parent / "bin" / "scontrol"
    scontrol.parent.mkdir()
    scontrol.write_text(f'#!/bin/sh\necho "$@" > {tiny.parent / "asked.txt"}\n{script}\n')
    scontrol.chmod(scontrol.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(scontrol.parent), prepend=os.pathsep)
    for variable, value in {"JOB_ID": "9", "ARRAY_JOB_ID": "5", "ARRAY_TASK_ID": "3", "JOB_NAME": "train"}.items():
        monkeypatch.setenv(f"SLURM_{variable}", value)
    words = ["--trainer.callbacks", "[{class_path: tests.callbacks.test_last_checkpoint._Signal}]"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 128 + signal.SIGUSR1
    err = capsys.readouterr().err
    assert "stopped by SIGUSR1 after step 2" in err
    assert told in err
    assert (tiny.parent / "asked.txt").read_text() == "requeue 5_3\n"
    assert torch.load("runs/tiny/1/checkpoints/last.ckpt", weights_only=True)["global_step"] == 2


def test_a_checkpoint_that_cannot_be_written_is_one_error(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segcli.runs.checkpoint_file._write", full)
    assert main(["fit", "-c", "tiny.yaml"]) == 2
    err = capsys.readouterr().err
    assert "cannot write checkpoint runs/tiny/1/checkpoints/" in err
    assert "No space left on device" in err
    assert "Traceback" not in err
