"""Run folders that version 0.4.0 wrote can be measured, compared and resumed.

``tests/data/runs_of_0_4_0`` holds two finished runs on generated shapes and one on own images that was interrupted.
Left out are pictures, TensorBoard's files, lists of packages and most checkpoints.
"""

import json
import shutil
from pathlib import Path

import pytest

from segcli.cli.main import main

STORED = Path(__file__).parent / "data" / "runs_of_0_4_0"


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, to be changed; its path from the working directory is ``runs``."""
    shutil.copytree(STORED, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_a_checkpoint_scores_as_recorded(stored: Path) -> None:
    assert main(["validate", "--ckpt_path", "runs/shapes/1/checkpoints/best.ckpt"]) == 0
    before, after = (
        json.loads((stored / "shapes/1" / name / "val_scores.json").read_text()) for name in ("", "validate/1")
    )
    assert after["mIoU"] == pytest.approx(before["mIoU"], abs=1e-3)


def test_runs_are_compared(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "runs/shapes", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [len(group["runs"]) for group in found["groups"]] == [2]
    assert found["left_out"] == []
    assert main(["compare", "runs/shapes", "--metric", "test/mIoU", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [path.rpartition("/")[2] for path, _ in found["left_out"]] == ["2"]  # was not tested


def test_runs_are_diffed(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "runs/shapes/1", "runs/shapes/2"]) == 0
    out = capsys.readouterr().out
    assert "seed_everything  0 → 1" in out
    assert "scores, after - before" in out
    assert main(["diff", "runs/shapes/1", "shapes.yaml", "--exit-code"]) == 0  # new keys have the old meaning


def test_a_finished_run_says_that_it_is_finished(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--ckpt_path", "runs/shapes/1/checkpoints/best.ckpt"]) == 2
    assert "runs/shapes/1 is finished" in capsys.readouterr().err


def test_an_interrupted_run_is_resumed(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", "folder.yaml", "--ckpt_path", "last", "--trainer.max_epochs", "2"]) == 0
    assert "runs/folder/1 after step 2" in capsys.readouterr().err
    run = stored / "folder" / "1"
    passport = json.loads((run / "passport.json").read_text())
    assert (passport["status"], len(passport["continued"])) == ("finished", 1)
    assert [line.split(",")[:2] for line in (run / "timing.csv").read_text().splitlines()[1:]] == [
        ["1", "2"],
        ["2", "4"],
    ]
    assert main(["compare", "runs/folder"]) == 0
