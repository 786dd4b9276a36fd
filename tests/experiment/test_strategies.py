import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from segcli.cli.main import main
from segcli.experiment import strategies
from segcli.experiment.strategies import end_processes

Capture = pytest.CaptureFixture[str]
SHARDING = "{class_path: pytorch_lightning.strategies.ModelParallelStrategy}"
TWO = ["--trainer.accelerator", "cpu", "--trainer.devices", "2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer.strategy", SHARDING], "devices would train apart; set trainer.strategy to fsdp"),
        (
            ["--trainer.strategy", "ddp", "--trainer.sync_batchnorm", "true"],
            "torch has no SyncBatchNorm",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_processes_are_started(
    tiny: Path, capsys: Capture, words: list[str], message: str
) -> None:
    assert main(["fit", "-c", "tiny.yaml", *TWO, *words]) == 2
    assert message in capsys.readouterr().err
    assert not Path("runs").exists()


def test_one_cpu_may_ask_for_what_it_does_not_need(tiny: Path) -> None:
    assert main(["fit", "-c", "tiny.yaml", "--trainer.sync_batchnorm", "true", "--trainer.max_epochs", "1"]) == 0


def test_processes_that_wait_for_this_one_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategies, "GRACE_S", 0.2)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    trainer = cast(Any, SimpleNamespace(strategy=SimpleNamespace(launcher=SimpleNamespace(procs=[process]))))
    started = time.monotonic()
    end_processes(trainer)
    assert process.wait(timeout=10) != 0
    assert time.monotonic() - started < 10
    end_processes(cast(Any, SimpleNamespace(strategy=SimpleNamespace(launcher=None))))
