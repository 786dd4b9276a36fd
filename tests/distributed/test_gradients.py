"""Two processes with unequal numbers of ignored pixels learn what one does with twice the batch."""

import sys
from pathlib import Path

import pytest
import torch

from segcli.losses.base import Loss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.weighted_sum import WeightedSum
from tests.distributed.launch import lightning
from tests.test_gradients import LOSSES, NoiseData, train

WORDS = [sys.executable, "-m", "tests.distributed.test_gradients"]
EXACT: dict[str, tuple[Loss, int]] = {
    **{f"pixels and images {number}": (loss, 1) for number, loss in enumerate(LOSSES)},
    **{f"accumulated {number}": (loss, 2) for number, loss in enumerate(LOSSES)},
    "region": (WeightedSum([DiceLoss(), LOSSES[0]]), 1),
}


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    done = lightning([str(tmp_path / "found.pt")], Path(__file__).parents[2], command=WORDS)

    assert done.returncode == 0, done.stderr
    for name, (weights, measured) in torch.load(tmp_path / "found.pt").items():
        if name == "Lovasz":
            assert measured["train/loss"] > 0
            continue
        loss, accumulated = EXACT[name]
        expected, of_one = train(loss, NoiseData(16, 4 * accumulated), max_epochs=2)
        torch.testing.assert_close(weights, expected, rtol=0, atol=5e-7, msg=lambda text, name=name: f"{name}: {text}")
        assert measured["val/loss"] == pytest.approx(of_one["val/loss"], rel=2e-6), name
        assert measured["train/loss"] == pytest.approx(of_one["train/loss"], rel=2e-6), name


def main(path: str) -> None:
    """Train in this process and another one, and let the first write what came of it."""
    two = {"devices": 2, "strategy": "ddp", "max_epochs": 2}
    found = {
        name: train(loss, NoiseData(16, 2), accumulate_grad_batches=accumulated, **two)
        for name, (loss, accumulated) in EXACT.items()
    }
    found["Lovasz"] = train(LovaszLoss(), NoiseData(16, 2), **two)
    if torch.distributed.get_rank() == 0:
        torch.save(found, path)


if __name__ == "__main__":
    main(sys.argv[1])
