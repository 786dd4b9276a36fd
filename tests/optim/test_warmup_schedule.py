import pickle

import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.warmup_schedule import WarmupSchedule


class Flat(WarmupSchedule):
    def __init__(self, optimizer: torch.optim.Optimizer, total_steps: int, warmup_steps: int = 0) -> None:
        super().__init__(optimizer, total_steps, warmup_steps)

    def decay(self, progress: float) -> float:
        return 1.0


class Line(Flat):
    def decay(self, progress: float) -> float:
        return 1 - progress


def optimizer(lr: float = 2.0) -> SGD:
    return SGD([nn.Parameter(torch.zeros(1))], lr=lr)


def rates(schedule: WarmupSchedule, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        found.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.optimizer.step()
        schedule.step()
    return found


def test_warms_up_linearly_without_a_step_at_zero() -> None:
    assert rates(Flat(optimizer(), 8, warmup_steps=4), 6) == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]


def test_steps_beyond_the_end_keep_the_last_factor() -> None:
    assert rates(Line(optimizer(), 2), 5) == [2.0, 1.0, 0.0, 0.0, 0.0]


def test_keeps_the_ratio_of_groups() -> None:
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 10.0)]
    schedule = Line(SGD(groups), 4)

    rates(schedule, 2)

    assert schedule.get_last_lr() == [0.5, 5.0]


def test_resumes_where_it_stood_and_may_run_for_longer() -> None:
    first = Line(optimizer(), 4)
    rates(first, 2)
    state = pickle.loads(pickle.dumps(first.state_dict()))

    same, longer = Line(optimizer(), 4), Line(optimizer(), 8)
    for schedule in (same, longer):
        schedule.load_state_dict(state)
        schedule.optimizer.step()
        schedule.step()

    assert same.get_last_lr() == [2.0 * (1 - 3 / 4)]
    assert longer.get_last_lr() == [2.0 * (1 - 3 / 8)]


@pytest.mark.parametrize("warmup_steps", [-1, 11])
def test_a_warmup_longer_than_the_run_is_an_error(warmup_steps: int) -> None:
    with pytest.raises(ValueError, match=rf"Flat got warmup_steps {warmup_steps}, expected 0 to 10, .*; lower warmup"):
        Flat(optimizer(), 10, warmup_steps=warmup_steps)


def test_a_run_without_steps_is_an_error() -> None:
    with pytest.raises(ValueError, match="total_steps 0, expected at least 1"):
        Flat(optimizer(), 0)


def test_tells_later_rates_and_stays_where_it_is() -> None:
    schedule = Line(optimizer(), 8, warmup_steps=2)

    later = [schedule.lr_at(step)[0] for step in range(8)]

    assert schedule.get_last_lr() == [1.0]
    assert later == rates(schedule, 8)


def test_an_optimizer_that_chooses_its_own_rate_is_an_error() -> None:
    chooses = torch.optim.SGD([nn.Parameter(torch.zeros(1))])
    chooses.param_groups[0]["lr"] = None

    with pytest.raises(ValueError, match=r"Flat got SGD with lr null, .* set model\.optimizer\.lr"):
        Flat(chooses, 10)
