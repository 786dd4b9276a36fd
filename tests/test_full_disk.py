"""A disk that is full ends a run with one error, whichever file was the first that did not fit."""

import os
from pathlib import Path

import pytest

from segcli.cli.main import main

FAST = ("val_images.npz", "passport.json")
SLOW = (
    *("config.yaml", "packages.txt", "splits.json", "metrics.csv", "timing.csv", "val_scores.json", "schedule.png"),
    *("epoch_001.png", "worst.json", "best.ckpt", "last.ckpt"),
)


@pytest.mark.parametrize("name", [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_a_full_disk_is_one_error(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    real, hit = os.fsync, []

    def full(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name.startswith(f".{name}."):
            hit.append(handle)
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1"]) == 2
    told = capsys.readouterr().err
    assert hit
    assert told.count("error:") == 1
    assert "No space left on device" in told
    assert "Traceback" not in told
    left = [path for path in tiny.parent.rglob("*") if path.name.startswith(f".{name}.")]
    assert left == []
