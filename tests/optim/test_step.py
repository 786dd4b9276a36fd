import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.step import Step


def rates(schedule: Step, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        found.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.optimizer.step()
        schedule.step()
    return found


def optimizer() -> SGD:
    return SGD([nn.Parameter(torch.zeros(1))], lr=1.0)


def test_drops_in_the_epochs_in_which_steplr_does() -> None:
    ours, theirs = Step(optimizer(), 28, every_epochs=3, gamma=0.5), optimizer()
    ours.steps_per_epoch = 4
    reference = torch.optim.lr_scheduler.StepLR(theirs, step_size=3, gamma=0.5)
    expected = []
    for _ in range(7):
        expected += [theirs.param_groups[0]["lr"]] * 4
        theirs.step()
        reference.step()

    assert rates(ours, 28) == pytest.approx(expected)


def test_warms_up_in_steps() -> None:
    schedule = Step(optimizer(), 8, every_epochs=1, gamma=0.5, warmup_steps=2)
    schedule.steps_per_epoch = 4

    assert rates(schedule, 8) == [0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]


def test_epochs_may_be_a_fraction() -> None:
    schedule = Step(optimizer(), 6, every_epochs=0.1, gamma=0.5)
    schedule.steps_per_epoch = 30

    assert rates(schedule, 6) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every_epochs": 0}, "every_epochs 0, expected a number above 0"),
        ({"gamma": 0}, "gamma 0, expected a factor above 0 and up to 1"),
        ({"gamma": 1.5}, "gamma 1.5, expected"),
    ],
)
def test_numbers_out_of_range_are_errors(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"Step got {message}"):
        Step(optimizer(), 10, **arguments)  # type: ignore[arg-type]
