import inspect

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from segcli import registry
from segcli.optim.base import EpochSchedule, KnownSchedule, MetricSchedule, OptimizerFactory, ScheduleFactory
from segcli.optim.plateau import Plateau
from segcli.optim.poly import Poly
from segcli.optim.sgd import SGD
from segcli.optim.step import Step


@pytest.mark.parametrize(("protocol", "family"), [(OptimizerFactory, "optimizers"), (ScheduleFactory, "schedules")])
def test_factories_name_the_injected_arguments(protocol: type, family: str) -> None:
    arguments = list(inspect.signature(protocol.__call__).parameters)[1:]

    assert arguments == list(registry.FAMILIES[family].injected)


@pytest.mark.parametrize(
    ("kind", "asks_for"),
    [(Poly, {KnownSchedule}), (Step, {KnownSchedule, EpochSchedule}), (Plateau, {KnownSchedule, MetricSchedule})],
)
def test_schedules_ask_for_what_they_need_and_no_more(kind: type[LRScheduler], asks_for: set[type]) -> None:
    schedule = kind(SGD([nn.Parameter(torch.zeros(1))]), 10)  # type: ignore[arg-type]  # total_steps

    assert {each for each in (KnownSchedule, EpochSchedule, MetricSchedule) if isinstance(schedule, each)} == asks_for


def test_a_schedule_of_torch_asks_for_nothing() -> None:
    schedule = torch.optim.lr_scheduler.StepLR(SGD([nn.Parameter(torch.zeros(1))]), 1)

    assert not any(isinstance(schedule, each) for each in (KnownSchedule, EpochSchedule, MetricSchedule))
