import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segcli.cli.main import main
from segcli.experiment.tune.lr import keep_ratios, running_mean, steepest


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


def noisy(seed: int, fall: float, steps: int = 100) -> tuple[list[float], list[float]]:
    """Losses at 0.6, which fall from 1e-4 to 1e-3 and rise from 1e-1 on, each with the noise of its batch."""
    lrs = np.geomspace(1e-7, 1, steps)
    decades = np.log10(lrs)
    losses = 0.6 - fall * np.clip(decades + 4, 0, 1) + np.expm1(2 * np.clip(decades + 1, 0, 1))
    return list(lrs), list(losses + np.random.default_rng(seed).normal(0, 0.03, steps))


@pytest.mark.parametrize("steps", [50, 100, 400])
@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_fall(seed: int, steps: int) -> None:
    assert steepest(*noisy(seed, fall=0.0, steps=steps)) is None


@pytest.mark.parametrize("steps", [50, 100, 400])
@pytest.mark.parametrize("seed", range(8))
def test_a_fall_is_found_in_noise(seed: int, steps: int) -> None:
    lrs, losses = noisy(seed, fall=0.25, steps=steps)

    index = steepest(lrs, losses)

    assert index is not None
    assert 1e-4 <= lrs[index] <= 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_the_recovery_from_a_rise_is_no_fall(seed: int) -> None:
    lrs, losses = noisy(seed, fall=0.0)
    spike = [*[0.0] * 60, *np.linspace(2, 0, 20), *[0.0] * 20]

    assert steepest(lrs, [loss + more for loss, more in zip(losses, spike, strict=True)]) is None


def test_a_single_high_loss_and_what_diverged_are_no_fall() -> None:
    lrs = [10.0 ** (i / 4 - 7) for i in range(28)]
    losses = [9.0, *[1.0] * 15, *(1 - i / 20 for i in range(10)), float("nan"), float("nan")]

    index = steepest(lrs, losses)

    assert index is not None
    assert 16 <= index <= 25


def test_running_means_are_centred_and_keep_gaps() -> None:
    assert running_mean([1.0, 3.0, 8.0]) == [1.0, 4.0, 8.0]
    assert np.isnan(running_mean([1.0, float("nan"), 8.0])).tolist() == [False, True, False]


RECORDING = """
from segcli.losses.base import Loss
seen = []
class Recording(Loss):
    def forward(self, logits, mask):
        loss = logits.square().mean()
        if self.training:
            seen.append(loss.item())
        return loss
"""


@pytest.fixture
def recording(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The losses of all steps, with ``--model.loss=recording_loss.Recording``."""
    (tiny.parent / "recording_loss.py").write_text(RECORDING)
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(sys.modules, "recording_loss", raising=False)
    return importlib.import_module("recording_loss").seen


def test_the_losses_of_single_steps_are_recorded(tiny: Path, recording: list[float]) -> None:
    words = ["--steps=40", "--min_lr=1e-4", "--max_lr=0.1", "--model.loss=recording_loss.Recording"]

    assert main(["tune", "lr", "-c", "tiny.yaml", *words]) == 0

    recorded = json.loads(Path("runs/tiny/tune/1/tune.json").read_text())["losses"]
    assert len(recorded) > 20
    assert recorded == pytest.approx(recording[-len(recorded) :], rel=1e-6)


def test_nothing_thaws_in_the_test(tiny: Path, recording: list[float]) -> None:
    def losses(*freezing: str) -> list[float]:
        recording.clear()
        words = ["--steps=20", "--min_lr=0.001", "--max_lr=0.1", "--model.loss=recording_loss.Recording"]
        assert main(["tune", "lr", "-c", "tiny.yaml", *words, *freezing]) in (0, 2)
        return list(recording)

    never = losses("--model.freezing=Freezing", "--model.freezing.thaw_epochs=1000")
    assert losses("--model.freezing=Freezing", "--model.freezing.thaw_epochs=1") == never
    assert losses("--model.freezing=Freezing", "--model.freezing.thaw_epochs=[1,2,1,3,1]") == never
    assert losses() != never


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

    told = capsys.readouterr().err
    assert "the loss did not fall at any learning rate from 1e-07 to 1 by clearly more than it varies" in told
    assert "so none is suggested; more --steps" in told
    assert not Path("runs").exists()
