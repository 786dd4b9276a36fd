from pathlib import Path

import pytest
import torch

from segcli.inference.checkpoint import CheckpointError, experiment_in, load_checkpoint, without_pretraining


def test_a_run_s_checkpoint_tells_its_experiment(trained: Path) -> None:
    config, classes = experiment_in(load_checkpoint(trained / "checkpoints" / "best.ckpt"))
    assert config["data"]["class_path"].endswith("ShapesDataModule")
    assert classes[0] == "background"


def test_what_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint .*missing.ckpt"):
        load_checkpoint(tmp_path / "missing.ckpt")
    (tmp_path / "text.ckpt").write_text("x")
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*text.ckpt"):
        load_checkpoint(tmp_path / "text.ckpt")
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(CheckpointError, match=r"was not written by segcli"):
        load_checkpoint(tmp_path / "other.ckpt")


def test_pretraining_is_switched_off_without_touching_the_experiment() -> None:
    arguments = {"name": "a", "pretrained": True, "weights": "w.pth"}
    assert without_pretraining(arguments) == {"name": "a", "pretrained": False, "weights": None}
    assert arguments["weights"] == "w.pth"


def test_a_backbone_of_another_kind_keeps_its_arguments() -> None:
    assert without_pretraining({"depth": 3}) == {"depth": 3}
