import math
import pickle
import random
from typing import Any, Literal

import pytest
import torch
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import ReduceLROnPlateau

from segcli.optim.plateau import Plateau


def optimizer() -> SGD:
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 0.1)]
    return SGD(groups)


def lrs(schedule: Plateau | ReduceLROnPlateau) -> list[float]:
    return [group["lr"] for group in schedule.optimizer.param_groups]


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("cooldown", [0, 2])
def test_drops_when_torch_does(mode: Literal["min", "max"], cooldown: int) -> None:
    arguments: dict[str, Any] = {"factor": 0.5, "patience": 1, "threshold": 0.1, "cooldown": cooldown, "mode": mode}
    schedule, reference = Plateau(optimizer(), 100, **arguments), ReduceLROnPlateau(optimizer(), **arguments, eps=0)
    values = [random.Random(cooldown).uniform(0.2, 1) for _ in range(40)]
    for value in values:
        for _ in range(2):
            schedule.optimizer.step()
            schedule.step()
        schedule.observe(value)
        reference.step(value)
        assert schedule.get_last_lr() == lrs(schedule) == pytest.approx(lrs(reference))
    assert lrs(schedule)[0] < 0.1


def test_never_goes_below_its_floor() -> None:
    schedule = Plateau(optimizer(), 100, patience=0, factor=0.1, min_factor=0.05)
    for _ in range(5):
        schedule.observe(0.5)

    assert lrs(schedule) == pytest.approx([0.05, 0.005])


def test_a_drop_within_the_warm_up_scales_the_ramp() -> None:
    schedule = Plateau(optimizer(), 100, patience=0, factor=0.5, warmup_steps=4)
    schedule.observe(0.5)
    assert lrs(schedule)[0] == pytest.approx(0.25)
    schedule.observe(0.5)
    assert lrs(schedule)[0] == pytest.approx(0.125)
    schedule.optimizer.step()
    schedule.step()

    assert schedule.get_last_lr() == lrs(schedule) == pytest.approx([0.25, 0.025])


def test_a_metric_that_is_not_a_number_is_no_improvement() -> None:
    schedule = Plateau(optimizer(), 100, patience=1)
    for _ in range(2):
        schedule.observe(math.nan)

    assert lrs(schedule)[0] == pytest.approx(0.1)


@pytest.mark.parametrize("cut", range(1, 12))
def test_resumes_exactly(cut: int) -> None:
    arguments: dict[str, Any] = {"patience": 1, "factor": 0.5, "cooldown": 2, "warmup_steps": 5}
    values = [0.1, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1]
    whole = Plateau(optimizer(), 24, **arguments)
    resumed = whole
    for index, value in enumerate(values):
        if index == cut:
            states = pickle.loads(pickle.dumps((whole.optimizer.state_dict(), whole.state_dict())))
            resumed = Plateau(optimizer(), 24, **arguments)
            resumed.optimizer.load_state_dict(states[0])
            resumed.load_state_dict(states[1])
        for schedule in {id(each): each for each in (whole, resumed)}.values():
            for _ in range(2):
                schedule.optimizer.step()
                schedule.step()
            schedule.observe(value)
        assert lrs(resumed) == lrs(whole)
        assert resumed.state_dict() == whole.state_dict()
    assert whole.reduction < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, "factor 1.0 and min_factor 0.0, expected a factor between 0 and 1"),
        ({"min_factor": 2.0}, "factor 0.1 and min_factor 2.0"),
        ({"patience": -1}, "patience -1, threshold 0.0001 and cooldown 0, expected 0 or more"),
    ],
)
def test_numbers_out_of_range_are_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Plateau got {message}"):
        Plateau(optimizer(), 10, **arguments)
