from types import SimpleNamespace
from typing import Any

import pytest
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy

from segcli.loop.thawing import apply_freezing
from segcli.optim.freezing import Freezing


class Spy(Freezing):
    def apply(self, backbone: Any, epoch: int) -> None:  # noqa: ANN401  (stands for a backbone)
        self.applied = epoch


def trainer(strategy: Any) -> Any:  # noqa: ANN401  (stand for Lightning's)
    return SimpleNamespace(strategy=strategy, current_epoch=4)


@pytest.mark.parametrize(
    ("thaw_epochs", "strategy"),
    [
        ([1, None], SingleDeviceStrategy()),
        ([1, None], DDPStrategy(find_unused_parameters=True)),
        ([None, None], DDPStrategy()),
    ],
)
def test_stages_are_those_of_the_epoch(thaw_epochs: list[int | None], strategy: Any) -> None:  # noqa: ANN401
    freezing = Spy(thaw_epochs)
    apply_freezing(freezing, None, trainer(strategy))  # type: ignore[arg-type]  # the spy takes any
    assert freezing.applied == 4


def test_what_thaws_on_several_devices_needs_a_strategy_that_expects_it() -> None:
    with pytest.raises(ValueError, match=r"set trainer.strategy to ddp_find_unused_parameters_true"):
        apply_freezing(Spy([1]), None, trainer(DDPStrategy()))  # type: ignore[arg-type]  # as above
