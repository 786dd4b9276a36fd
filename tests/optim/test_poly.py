import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.poly import Poly


def test_follows_its_formula_with_warmup() -> None:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=3.0)
    schedule = Poly(optimizer, 10, power=0.5, warmup_steps=4)

    for i in range(10):
        expected = 3.0 * min(1, (i + 1) / 4) * (1 - i / 10) ** 0.5
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)
        optimizer.step()
        schedule.step()

    assert schedule.get_last_lr() == [0.0]


def test_power_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="Poly got power 0, expected a number above 0"):
        Poly(SGD([nn.Parameter(torch.zeros(1))], lr=1.0), 10, power=0)
