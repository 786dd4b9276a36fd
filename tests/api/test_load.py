from pathlib import Path

import numpy as np
import pytest
import torch

import segcli


def test_a_run_and_its_best_checkpoint_give_one_model(trained: Path) -> None:
    models = [segcli.load(trained), segcli.load(segcli.Run(trained).best_checkpoint), segcli.Run(trained).load()]
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    masks = [model.predict(image) for model in models]
    assert masks[0].shape == (20, 30)
    assert all((mask == masks[0]).all() for mask in masks)
    assert isinstance(models[0], segcli.Segmenter)
    assert not models[0].training
    assert models[0].classes[0] == "background"


def test_loading_draws_no_numbers(trained: Path) -> None:
    before = torch.get_rng_state()
    segcli.load(trained)
    assert torch.equal(before, torch.get_rng_state())


def test_what_is_no_checkpoint_is_an_error(tmp_path: Path, copied: Path) -> None:
    with pytest.raises(segcli.ConfigError, match=r"no checkpoint x.ckpt"):
        segcli.load("x.ckpt")
    (tmp_path / "y.ckpt").write_bytes(b"no")
    with pytest.raises(segcli.ConfigError, match=r"cannot read checkpoint .*y.ckpt"):
        segcli.load(tmp_path / "y.ckpt")
    with pytest.raises(segcli.ConfigError, match="runs holds no run"):
        segcli.load("runs")
    (copied / "checkpoints" / "best.ckpt").unlink()
    with pytest.raises(segcli.ConfigError, match=r"runs/tiny/1 has no best.ckpt any more; load another: .*last.ckpt"):
        segcli.load(copied)
