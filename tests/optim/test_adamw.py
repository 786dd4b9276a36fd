import copy

import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision
from pytorch_lightning.utilities import GradClipAlgorithmType
from torch import nn

from segcli.optim.adamw import AdamW


def step(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()


@pytest.mark.parametrize("fused", [True, False])
def test_steps_like_torch(fused: bool) -> None:
    settings = {"lr": 0.1, "weight_decay": 0.5, "betas": (0.8, 0.9), "eps": 1e-3}
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())

    step(AdamW(ours.parameters(), **settings, fused=fused), ours)
    step(torch.optim.AdamW(theirs.parameters(), **settings), theirs)

    torch.testing.assert_close(ours.weight, theirs.weight)


def test_takes_groups_with_their_own_learning_rate() -> None:
    layer = nn.Linear(3, 2)

    optimizer = AdamW([{"params": [layer.weight], "lr": 0.5}, {"params": [layer.bias]}], lr=0.1)

    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert optimizer.defaults["fused"] is True


def test_fused_gradients_can_be_clipped_in_mixed_precision() -> None:
    layer = nn.Linear(3, 2)
    layer(torch.full((1, 3), 9.0)).sum().backward()
    optimizer = AdamW(layer.parameters())
    precision = MixedPrecision("bf16-mixed", "cpu")

    precision.clip_gradients(optimizer, clip_val=1.0, gradient_clip_algorithm=GradClipAlgorithmType.VALUE)

    assert layer.weight.grad is not None
    assert layer.weight.grad.max() == 1
    fused = torch.optim.AdamW(layer.parameters(), fused=True)
    with pytest.raises(RuntimeError, match="does not allow for gradient clipping"):
        precision.clip_gradients(fused, clip_val=1.0, gradient_clip_algorithm=GradClipAlgorithmType.VALUE)


def test_falls_back_where_a_parameter_has_no_fused_kernel() -> None:
    parameter = nn.Parameter(torch.ones(2, dtype=torch.complex64))
    parameter.grad = torch.ones_like(parameter)
    optimizer = AdamW([parameter], lr=0.1)

    optimizer.step()

    assert not optimizer.param_groups[0]["fused"]
    assert parameter.abs().max() < 1
    with pytest.raises(RuntimeError, match="requires all the params to be floating point"):
        torch.optim.AdamW([parameter], fused=True).step()


def test_loads_the_state_of_torch_and_goes_on_fused() -> None:
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    stock, optimizer = torch.optim.AdamW(theirs.parameters(), fused=True), AdamW(ours.parameters())
    step(stock, theirs)
    ours.load_state_dict(theirs.state_dict())

    optimizer.load_state_dict(copy.deepcopy(stock.state_dict()))
    for model, each in ((ours, optimizer), (theirs, stock)):
        model.zero_grad()
        step(each, model)

    torch.testing.assert_close(ours.weight, theirs.weight)
    assert optimizer.state[ours.weight]["step"] == 2
