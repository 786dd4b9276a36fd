from types import SimpleNamespace
from typing import Any

import pytest

from segcli.loop.step_log import StepLog, write


class Logger:
    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []

    def log_metrics(self, values: dict[str, float], step: int) -> None:
        self.rows.append((step, values))


def trainer(step: int, every: int = 10, checking: bool = False) -> Any:  # noqa: ANN401  (stands for Lightning's)
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.5}])
    names = {"global_step": step, "log_every_n_steps": every, "current_epoch": 2, "sanity_checking": checking}
    return SimpleNamespace(**names, optimizers=[optimizer], loggers=[Logger()])


@pytest.mark.parametrize(
    ("steps", "every", "at_end", "written"),
    [([9, 10, 10, 20], 10, False, [10, 20]), ([5], 10, False, []), ([5], 10, True, [5]), ([10], 0, False, [])],
)
def test_steps_are_written_once_when_it_is_time(steps: list[int], every: int, at_end: bool, written: list[int]) -> None:
    log, found = StepLog(), []
    for step in steps:
        each = trainer(step, every)
        log.write_step(each, lambda: {"loss": 1.5, "loss_DiceLoss": 1.0}, at_end)
        found += each.loggers[0].rows
    assert [step for step, _ in found] == written
    assert all(
        values == {"train/loss": 1.5, "train/loss_DiceLoss": 1.0, "lr": 0.5, "epoch": 2 if at_end else 3}
        for _, values in found
    )


def test_a_sanity_check_writes_nothing() -> None:
    each = trainer(0, checking=True)
    write(each, {"val/loss": 1.0})
    assert not each.loggers[0].rows
