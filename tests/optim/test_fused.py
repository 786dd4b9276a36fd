import pytest
import torch
from torch import nn

from segcli.optim.fused import fuse


def test_parameters_with_a_kernel_are_fused_in_every_group() -> None:
    groups = [{"params": [nn.Parameter(torch.zeros(2))]}, {"params": [nn.Parameter(torch.zeros(3))], "lr": 0.5}]
    optimizer = torch.optim.AdamW(groups)

    fuse(optimizer)

    assert [group["fused"] for group in optimizer.param_groups] == [True, True]
    optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(4))]})
    assert optimizer.param_groups[-1]["fused"] is True


@pytest.mark.parametrize(
    "parameter", [torch.zeros(2, device="meta"), torch.zeros(2, dtype=torch.complex64)], ids=["device", "type"]
)
def test_one_parameter_without_a_kernel_leaves_the_choice_to_torch(parameter: torch.Tensor) -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(2)), nn.Parameter(parameter)])

    fuse(optimizer)

    assert optimizer.param_groups[0]["fused"] is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD])
def test_every_type_that_is_fused_steps(kind: type[torch.optim.Optimizer], dtype: torch.dtype) -> None:
    parameter = nn.Parameter(torch.ones(2, dtype=dtype))
    optimizer = kind([parameter], lr=0.5)  # type: ignore[call-arg]  # of every optimizer
    fuse(optimizer)
    parameter.grad = torch.ones_like(parameter)

    optimizer.step()

    assert (parameter < 1).all()
