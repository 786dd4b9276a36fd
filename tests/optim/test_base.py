import inspect

import pytest

from segcli import registry
from segcli.optim.base import OptimizerFactory, ScheduleFactory


@pytest.mark.parametrize(("protocol", "family"), [(OptimizerFactory, "optimizers"), (ScheduleFactory, "schedules")])
def test_factories_name_the_injected_arguments(protocol: type, family: str) -> None:
    arguments = list(inspect.signature(protocol.__call__).parameters)[1:]

    assert arguments == list(registry.FAMILIES[family].injected)
