import json
from pathlib import Path

import pytest
import torch
from torch import nn

from segcli.cli.main import main
from segcli.cli.tune_lr import keep_ratios, steepest


def test_the_steepest_fall_is_over_the_logarithm() -> None:
    lrs = [10.0 ** (i / 10 - 5) for i in range(41)]
    losses = [2.0 + 1e-6 * (i % 2) if i < 20 else max(0.5, 2.0 - 0.2 * (i - 20)) for i in range(41)]

    index = steepest(lrs, losses)

    assert index is not None
    assert 20 <= index <= 27  # over the rate itself, the ripple of the lowest would be steeper: 1e-6 in 2e-6


@pytest.mark.parametrize(
    "losses", [[1.0] * 20, [float(i) for i in range(20)], [float("nan")] * 20, [2.0] * 18 + [float("inf")] * 2]
)
def test_a_loss_that_does_not_fall_suggests_nothing(losses: list[float]) -> None:
    assert steepest([10.0**-i for i in range(20, 0, -1)], losses) is None


def test_the_first_steps_and_what_diverged_are_left_out() -> None:
    lrs = [10.0 ** (i / 4 - 5) for i in range(16)]
    losses = [9.0, 1.0, *[1.0] * 10, 0.9, 0.2, float("nan"), float("nan")]

    assert steepest(lrs, losses) in (12, 13)


def test_groups_step_with_their_ratios_and_share_the_rate_otherwise() -> None:
    first, second = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([{"params": [first]}, {"params": [second], "lr": 0.05}], lr=0.5)
    keep_ratios(optimizer)
    for group in optimizer.param_groups:  # as the finder does it
        group["lr"] = 2.0

    first.grad = second.grad = torch.ones(1)
    optimizer.step()

    assert (first.item(), second.item()) == (-2.0, pytest.approx(-0.2))
    assert [group["lr"] for group in optimizer.param_groups] == [2.0, 2.0]


def test_an_optimizer_that_chooses_its_own_rate_is_refused() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    optimizer.defaults["lr"] = None

    with pytest.raises(ValueError, match="SGD with lr null, which chooses its own learning rate"):
        keep_ratios(optimizer)


def test_parts_of_the_model_keep_their_ratios_in_the_test(tiny: Path) -> None:
    def losses(factor: float) -> list[float]:
        words = ["--steps=20", "--min_lr=0.01", "--max_lr=0.1", f"--model.parameter_groups.backbone_lr_factor={factor}"]
        assert main(["tune", "lr", "-c", "tiny.yaml", *words]) == 0
        newest = max(Path("runs/tiny/tune").iterdir(), key=lambda path: int(path.name))
        return json.loads((newest / "tune.json").read_text())["losses"]

    assert losses(1.0) == losses(1.0)
    assert losses(1.0) != losses(0.01)


def test_a_loss_that_cannot_fall_is_an_error(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny.parent / "flat_loss.py").write_text(
        "from segcli.losses.base import Loss\n"
        "class Flat(Loss):\n"
        "    def forward(self, logits, mask):\n"
        "        return 1 + 0 * logits.mean()\n"
    )
    words = ["--steps=20", "--model.loss=flat_loss.Flat"]

    assert main(["tune", "lr", "-c", "tiny.yaml", *words]) == 2

    assert "the loss did not fall at any learning rate from 1e-07 to 1" in capsys.readouterr().err
    assert not Path("runs").exists()
