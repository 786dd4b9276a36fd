import pytest
import torch
from torch import nn
from torch.optim import SGD

from segcli.optim.multi_step import MultiStep


def schedule(total_steps: int, **arguments: object) -> MultiStep:
    return MultiStep(SGD([nn.Parameter(torch.zeros(1))], lr=1.0), total_steps, **arguments)  # type: ignore[arg-type]


def test_drops_at_the_steps_of_torch() -> None:
    ours, theirs = schedule(20, milestones=(0.25, 0.7), gamma=0.5), SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.MultiStepLR(theirs, [5, 14], gamma=0.5)
    for _ in range(20):
        assert ours.optimizer.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])
        for each in (ours, reference):
            each.optimizer.step()
            each.step()
    assert ours.get_last_lr() == [0.25]


def test_the_shape_does_not_depend_on_the_number_of_steps() -> None:
    assert [schedule(10).decay(i / 10) for i in range(10)] == [schedule(1000).decay(i / 10) for i in range(10)]


def test_warms_up() -> None:
    assert schedule(10, milestones=(0.5,), warmup_steps=4).lr_at(1) == [0.5]


def test_no_milestone_is_constant() -> None:
    assert schedule(10, milestones=()).lr_at(9) == [1.0]


@pytest.mark.parametrize("milestones", [(0.9, 0.5), (0.5, 0.5), (0.0,), (1.0,), (30, 40)])
def test_milestones_are_rising_shares(milestones: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"MultiStep got milestones .* expected rising shares .* divide epochs by"):
        schedule(10, milestones=milestones)


def test_gamma_is_a_factor() -> None:
    with pytest.raises(ValueError, match="MultiStep got gamma 0, expected a factor"):
        schedule(10, gamma=0)
