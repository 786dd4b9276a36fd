import pickle
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from segcli.optim.one_cycle import OneCycle


def sgd(lr: float = 2.0) -> SGD:
    return SGD([nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def adamw(lr: float = 2.0) -> AdamW:
    return AdamW([nn.Parameter(torch.zeros(1))], lr=lr, betas=(0.9, 0.99))


def advance(schedule: Any) -> None:  # noqa: ANN401  (ours or torch's)
    schedule.optimizer.step()
    schedule.step()


@pytest.mark.parametrize("steps", [10, 37, 200])
@pytest.mark.parametrize("rise", [0.3, 0.5, 0.85])
@pytest.mark.parametrize(("build", "key"), [(sgd, "momentum"), (adamw, "betas")])
def test_learning_rate_and_momentum_equal_torch(build: Any, key: str, rise: float, steps: int) -> None:  # noqa: ANN401
    ours, theirs = build(), build()
    schedule, reference = OneCycle(ours, steps, rise=rise), OneCycleLR(theirs, 2.0, total_steps=steps, pct_start=rise)
    for step in range(steps):
        a, b = ours.param_groups[0], theirs.param_groups[0]
        assert a["lr"] == pytest.approx(b["lr"], rel=1e-9), step
        assert a[key] == pytest.approx(b[key], rel=1e-9), step
        if step < steps - 1:
            advance(schedule)
            advance(reference)


def test_each_group_has_its_own_top() -> None:
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 10.0)]
    schedule = OneCycle(SGD(groups, momentum=0.9), 11, rise=6 / 11)

    assert schedule.lr_at(5) == pytest.approx([1.0, 10.0])
    assert schedule.lr_at(0) == pytest.approx([1 / 25, 10 / 25])


def test_the_momentum_can_be_left_alone_and_need_not_be() -> None:
    optimizer = sgd()
    advance(OneCycle(optimizer, 10, momentum=None))
    assert optimizer.param_groups[0]["momentum"] == 0.9

    without: Optimizer = torch.optim.Adagrad([nn.Parameter(torch.zeros(1))])
    advance(OneCycle(without, 10))
    assert "momentum" not in without.param_groups[0]


def test_steps_beyond_the_end_keep_the_last_factor() -> None:
    schedule = OneCycle(sgd(), 10, start_divisor=10, end_divisor=10)

    assert [schedule.lr_at(step) for step in (9, 10, 15)] == [[pytest.approx(0.02)]] * 3


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_runs_have_a_finite_rate(steps: int) -> None:
    schedule = OneCycle(sgd(), steps)

    assert all(0 < schedule.lr_at(step)[0] <= 2.0 for step in range(steps + 1))


def test_resumes_exactly_with_its_momentum() -> None:
    optimizer = adamw()
    schedule = OneCycle(optimizer, 20)
    for _ in range(4):
        advance(schedule)
    states = pickle.loads(pickle.dumps((optimizer.state_dict(), schedule.state_dict())))

    other = adamw()
    resumed = OneCycle(other, 20)
    other.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    assert other.param_groups[0]["betas"] == optimizer.param_groups[0]["betas"]
    for each in (schedule, resumed):
        advance(each)

    assert other.param_groups[0]["betas"] == optimizer.param_groups[0]["betas"]
    assert resumed.get_last_lr() == schedule.get_last_lr()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rise": 0.0}, "rise 0.0, expected a share"),
        ({"rise": 1.0}, "rise 1.0, expected a share"),
        ({"start_divisor": 0.5}, "start_divisor 0.5 and end_divisor 10000.0, expected at least 1"),
        ({"momentum": (0.95, 0.85)}, r"momentum \[0.95, 0.85\], expected lowest and highest"),
        ({"warmup_steps": -1}, "warmup_steps -1, expected 0 or more"),
    ],
)
def test_numbers_out_of_range_are_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"OneCycle got {message}"):
        OneCycle(sgd(), 10, **arguments)
