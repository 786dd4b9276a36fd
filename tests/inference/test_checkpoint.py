from pathlib import Path

import numpy as np
import pytest
import torch

from segcli.inference.checkpoint import (
    CheckpointError,
    experiment_in,
    load_checkpoint,
    without_pretraining,
)


def test_a_run_s_checkpoint_tells_its_experiment(trained: Path) -> None:
    config, classes = experiment_in(load_checkpoint(trained / "checkpoints" / "best.ckpt"))
    assert config["data"]["class_path"].endswith("ShapesDataModule")
    assert classes[0] == "background"


def test_what_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint .*missing.ckpt"):
        load_checkpoint(tmp_path / "missing.ckpt")
    (tmp_path / "text.ckpt").write_text("x")
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*text.ckpt: it is no checkpoint, or"):
        load_checkpoint(tmp_path / "text.ckpt")
    torch.save(torch.nn.Linear(1, 1), tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=r"a whole pickled model$"):
        load_checkpoint(tmp_path / "model.ckpt")
    torch.save({"state_dict": {}, "pytorch-lightning_version": "2"}, tmp_path / "other.ckpt")
    with pytest.raises(CheckpointError, match=r"was not written by segcli"):
        load_checkpoint(tmp_path / "other.ckpt")


@pytest.mark.parametrize("length", [0, 100, -100])
def test_a_checkpoint_that_is_cut_off_is_said_to_be(trained: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "x.ckpt").write_bytes((trained / "checkpoints" / "best.ckpt").read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint [^:]*: it is damaged or cut off; take it from"):
        load_checkpoint(tmp_path / "x.ckpt")


@pytest.mark.parametrize("lacks", ["state_dict", "pytorch-lightning_version"])
def test_weights_alone_are_no_checkpoint(trained: Path, tmp_path: Path, lacks: str) -> None:
    content = load_checkpoint(trained / "checkpoints" / "best.ckpt")
    for saved in (content["state_dict"], [1], {key: value for key, value in content.items() if key != lacks}):
        torch.save(saved, tmp_path / "x.ckpt")
        with pytest.raises(CheckpointError, match=rf"is no checkpoint of a run: it lacks .*{lacks}.*best\.ckpt"):
            load_checkpoint(tmp_path / "x.ckpt")


@pytest.mark.parametrize("record", ["x", None, {}, {"config": {}}, {"classes": ["a"]}, {"config": {}, "classes": [1]}])
def test_a_damaged_experiment_in_a_checkpoint_is_one_error(trained: Path, tmp_path: Path, record: object) -> None:
    content = load_checkpoint(trained / "checkpoints" / "best.ckpt")
    torch.save({**content, "segcli": record}, tmp_path / "x.ckpt")
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*: its experiment is damaged; take it from"):
        load_checkpoint(tmp_path / "x.ckpt")


def test_a_flipped_bit_is_found_wherever_it_matters(trained: Path, tmp_path: Path) -> None:
    whole = (trained / "checkpoints" / "best.ckpt").read_bytes()
    before, path = load_checkpoint(trained / "checkpoints" / "best.ckpt"), tmp_path / "x.ckpt"
    places = np.random.default_rng(0).integers(0, len(whole), 60)
    found = 0
    for place in (*places, *(len(whole) - 1 - n for n in range(0, 600, 60))):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(place) % 8
        path.write_bytes(damaged)
        try:
            content = load_checkpoint(path)
        except CheckpointError as error:
            assert str(path) in str(error)  # noqa: PT017  (bits between the parts of the archive say nothing)
            found += 1
        else:
            torch.testing.assert_close(content["state_dict"], before["state_dict"], rtol=0, atol=0)
    assert found > 50


def test_pretraining_is_switched_off_without_touching_the_experiment() -> None:
    arguments = {"name": "a", "pretrained": True, "weights": "w.pth"}
    assert without_pretraining(arguments) == {"name": "a", "pretrained": False, "weights": None}
    assert arguments["weights"] == "w.pth"


def test_a_backbone_of_another_kind_keeps_its_arguments() -> None:
    assert without_pretraining({"depth": 3}) == {"depth": 3}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_no_number_is_named(trained: Path, tmp_path: Path, value: float) -> None:
    content = load_checkpoint(trained / "checkpoints" / "best.ckpt")
    names = [name for name, each in content["state_dict"].items() if each.is_floating_point()]
    for name in names[3:5]:
        content["state_dict"][name].view(-1)[0] = value
    torch.save(content, tmp_path / "x.ckpt")
    size = content["state_dict"][names[3]].numel()
    what = rf"x\.ckpt holds a weight that is NaN or infinite: {names[3]} \(1 of {size} values, and 1 more of "
    with pytest.raises(CheckpointError, match=what):
        load_checkpoint(tmp_path / "x.ckpt")
