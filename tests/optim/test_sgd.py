import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision
from pytorch_lightning.utilities import GradClipAlgorithmType
from torch import nn

from segcli.optim.sgd import SGD


def steps(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    for _ in range(3):
        model.zero_grad()
        model(torch.ones(1, 3)).square().sum().backward()
        optimizer.step()


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("nesterov", [True, False])
def test_steps_like_torch(fused: bool, nesterov: bool) -> None:
    settings = {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1, "nesterov": nesterov}
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())

    steps(SGD(ours.parameters(), **settings, fused=fused), ours)  # type: ignore[arg-type]
    steps(torch.optim.SGD(theirs.parameters(), **settings), theirs)  # type: ignore[arg-type]

    torch.testing.assert_close(ours.weight, theirs.weight)


def test_is_fused_where_it_can_be() -> None:
    assert SGD([nn.Parameter(torch.zeros(1))]).param_groups[0]["fused"] is True
    assert not SGD([nn.Parameter(torch.zeros(1))], fused=False).param_groups[0]["fused"]
    assert not SGD([nn.Parameter(torch.zeros(1, device="meta"))]).param_groups[0]["fused"]


def test_fused_gradients_can_be_clipped_in_mixed_precision() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.full((2,), 9.0)

    MixedPrecision("bf16-mixed", "cpu").clip_gradients(
        SGD([parameter]), clip_val=1.0, gradient_clip_algorithm=GradClipAlgorithmType.VALUE
    )

    assert parameter.grad.max() == 1


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(ValueError, match="SGD got nesterov with momentum 0, expected one above 0"):
        SGD([nn.Parameter(torch.zeros(1))], momentum=0, nesterov=True)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_parameters_may_join_after_the_first_step(momentum: float) -> None:
    models = [nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2)) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    optimizers = [
        cls(model.parameters(), lr=0.05, momentum=momentum, weight_decay=0.1)
        for cls, model in zip((SGD, torch.optim.SGD), models, strict=True)
    ]

    for is_trained in (False, True):
        for model, optimizer in zip(models, optimizers, strict=True):
            model[0].requires_grad_(is_trained)
            steps(optimizer, model)

    torch.testing.assert_close(models[0].state_dict(), models[1].state_dict())
