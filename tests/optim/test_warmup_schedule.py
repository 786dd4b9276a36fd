import pickle
from importlib import import_module

import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.warmup_schedule import WarmupSchedule
from segcli.registry import FAMILIES


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


@pytest.mark.parametrize(("wanted", "total", "taken"), [(10, 10, 10), (11, 10, 1), (50, 9, 0), (500, 120, 12)])
def test_a_warmup_longer_than_the_run_is_cut_to_a_tenth_of_it(wanted: int, total: int, taken: int) -> None:
    schedule = Flat(optimizer(), total, warmup_steps=wanted)

    assert (schedule.warmup_steps, schedule.wanted_warmup_steps) == (taken, wanted)
    assert schedule.lr_at(taken)[0] == schedule.base_lrs[0]


@pytest.mark.parametrize("name", FAMILIES["schedules"].table)
def test_every_schedule_fits_its_warmup_into_a_short_run(name: str) -> None:
    module, _, cls = FAMILIES["schedules"].table[name].partition(":")
    schedule = getattr(import_module(module), cls)(optimizer(), 20, warmup_steps=50)

    assert schedule.warmup_steps == 2


def test_a_negative_warmup_is_an_error() -> None:
    with pytest.raises(ValueError, match="Flat got warmup_steps -1, expected 0 or more"):
        Flat(optimizer(), 10, warmup_steps=-1)


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
