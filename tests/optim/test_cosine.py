import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.cosine import Cosine


def test_falls_from_one_over_the_middle_to_the_minimum() -> None:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=10.0)
    schedule = Cosine(optimizer, 8, min_factor=0.1)

    found = []
    for _ in range(10):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()

    assert found[0] == 10.0
    assert found[4] == pytest.approx(5.5)
    assert found[8:] == pytest.approx([1.0, 1.0])
    assert found == sorted(found, reverse=True)


def test_min_factor_must_be_a_share() -> None:
    with pytest.raises(ValueError, match=r"min_factor 1.5, expected 0 to 1"):
        Cosine(SGD([nn.Parameter(torch.zeros(1))], lr=1.0), 10, min_factor=1.5)
