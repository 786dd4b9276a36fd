import math
from functools import partial

import pytest
import torch
from torch import nn

from segcli.optim.adamw import AdamW
from segcli.optim.optimizer_setup import OptimizerSetup
from segcli.optim.parameter_groups import ParameterGroups
from segcli.optim.plateau import Plateau
from segcli.optim.poly import Poly
from segcli.optim.sgd import SGD
from segcli.score_spec import SCORES


@pytest.fixture
def model() -> nn.Module:
    return nn.ModuleDict({"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 1)})


def _setup(model: nn.Module, schedule: object = None, lr: float = 1.0) -> OptimizerSetup:
    setup = OptimizerSetup(partial(SGD, lr=lr), schedule, ParameterGroups())  # type: ignore[arg-type]
    setup.prepare(model)
    return setup


def test_without_a_schedule_the_rate_is_constant(model: nn.ModuleDict) -> None:
    setup = OptimizerSetup(AdamW, None, ParameterGroups())
    setup.prepare(model)

    assert not setup.has_schedule
    assert sum(len(group["params"]) for group in setup.build_optimizer(model, model["backbone"]).param_groups) == 4
    setup.observe({}, SCORES)


def test_a_schedule_ends_with_the_run_and_needs_that_to_end(model: nn.ModuleDict) -> None:
    setup = _setup(model, partial(Poly, warmup_steps=0))
    optimizer = setup.build_optimizer(model, model["backbone"])
    schedule = setup.build_schedule(optimizer, 10.0, 5)

    for _ in range(9):
        optimizer.step()
        schedule.step()
    assert 0 < optimizer.param_groups[0]["lr"] < 0.2
    with pytest.raises(ValueError, match=r"set trainer\.max_epochs or trainer\.max_steps"):
        setup.build_schedule(optimizer, math.inf, 5)


def test_a_schedule_sees_the_score_that_it_follows(model: nn.ModuleDict) -> None:
    setup = _setup(model, partial(Plateau, monitor="val/mIoU", patience=0, warmup_steps=0))
    optimizer = setup.build_optimizer(model, model["backbone"])
    setup.build_schedule(optimizer, 10, 5)

    for value in (0.5, 0.4, 0.4):
        setup.observe({"val/mIoU": torch.tensor(value)}, SCORES)
    assert optimizer.param_groups[0]["lr"] < 1
    setup.observe({"val/mIoU": torch.tensor(math.nan)}, SCORES)
    with pytest.raises(ValueError, match=r"got 'val/mIoU', which is not logged"):
        setup.observe({"val/loss": torch.tensor(1.0)}, SCORES)


def test_settings_of_this_experiment_replace_those_of_a_checkpoint(model: nn.ModuleDict) -> None:
    setups = [_setup(model, partial(Poly, warmup_steps=0), lr) for lr in (1.0, 0.1)]
    (old, new) = (setup.build_optimizer(model, model["backbone"]) for setup in setups)
    schedule = setups[1].build_schedule(new, 10, 5)
    new.load_state_dict(old.state_dict())

    setups[1].use_own_settings(new, [schedule], 0)

    assert {group["lr"] for group in new.param_groups} == {0.1}
