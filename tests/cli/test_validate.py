import json
import shutil
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main


def test_validating_the_best_checkpoint_repeats_its_score(in_trained: Path) -> None:
    assert main(["validate", "--ckpt_path", str(in_trained)]) == 0
    first = json.loads(Path("runs/tiny/1/val_scores.json").read_text())
    again = json.loads(Path("runs/tiny/1/validate/1/val_scores.json").read_text())
    assert again["classes"] == first["classes"]
    assert again["mIoU"] == first["mIoU"]


def test_a_moved_checkpoint_brings_its_experiment_along(
    in_trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(in_trained, tmp_path / "moved.ckpt")
    expected = json.loads(Path("runs/tiny/1/val_scores.json").read_text())
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--ckpt_path", "moved.ckpt"]) == 0
    assert json.loads(Path("runs/tiny/1/validate/1/val_scores.json").read_text())["mIoU"] == expected["mIoU"]


def test_a_file_that_is_no_checkpoint_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.ckpt").write_text("no checkpoint")
    assert main(["validate", "--ckpt_path", "x.ckpt"]) == 2
    assert capsys.readouterr().err.startswith("error: cannot read checkpoint x.ckpt")


def test_weights_alone_are_one_error_also_with_an_experiment(
    in_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(torch.load(in_trained, weights_only=True)["state_dict"], "weights.ckpt")
    assert main(["validate", "--ckpt_path", "weights.ckpt", "-c", "tiny.yaml"]) == 2
    assert capsys.readouterr().err.startswith("error: weights.ckpt is no checkpoint of a run: it lacks state_dict and ")


def test_an_override_reaches_the_experiment_of_the_checkpoint(in_trained: Path) -> None:
    assert main(["validate", "--ckpt_path", str(in_trained), "--data.val_size", "2", "--run.root", "elsewhere"]) == 0
    scores = json.loads(Path("runs/tiny/1/validate/1/val_scores.json").read_text())
    assert sum(entry["pixels"] for entry in scores["classes"].values()) == 2 * 32 * 32


def test_a_damaged_checkpoint_in_a_run_folder_is_one_error(
    in_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = in_trained.with_name("cut.ckpt")
    cut.write_bytes(in_trained.read_bytes()[:1000])
    try:
        assert main(["validate", "--ckpt_path", str(cut)]) == 2
    finally:
        cut.unlink()
    assert capsys.readouterr().err.startswith("error: cannot read checkpoint runs/tiny/1/checkpoints/cut.ckpt")
