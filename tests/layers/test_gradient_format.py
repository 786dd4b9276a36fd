"""What batch normalisation gives back, whatever the order of dimensions in memory."""

import copy
import itertools

import pytest
import torch
from torch import Tensor, nn

from segcli.layers.batch_norm import BatchNorm
from segcli.layers.gradient_format import keep_gradient_format

CHANNELS = 4
IMAGE = (1, CHANNELS, 3, 5)
SHAPES = [IMAGE, (2, CHANNELS, 1, 5), (2, CHANNELS, 5, 1), (1, CHANNELS, 1, 5), (2, CHANNELS, 3, 5)]
FORMATS = (torch.contiguous_format, torch.channels_last)


def layouts(x: Tensor) -> list[Tensor]:
    """The same values with all strides, of all orders of the dimensions, that are NCHW or NHWC in memory."""
    found = {}
    for order in itertools.permutations(range(x.dim())):
        back = [order.index(axis) for axis in range(x.dim())]
        y = x.permute(order).clone(memory_format=torch.contiguous_format).permute(back)
        if any(y.is_contiguous(memory_format=each) for each in FORMATS):
            found[y.stride()] = y
    return list(found.values())


def gradients(norm: nn.Module, x: Tensor, gradient: Tensor) -> Tensor:
    """Gradients of the map and of the parameters, one after another."""
    x = x.detach().requires_grad_()
    norm.zero_grad()
    norm(x).backward(gradient)
    return torch.cat([x.grad.flatten(), *(p.grad.flatten() for p in norm.parameters())])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("is_training", [True, False])
def test_gradients_do_not_depend_on_strides(shape: tuple[int, ...], is_training: bool) -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(CHANNELS, momentum=0.0).double().train(is_training)
    nn.init.normal_(norm.weight)
    x, gradient = torch.randn(2, *shape, dtype=torch.float64)
    expected = gradients(norm, x, gradient)  # torch's own: both are NCHW
    keep_gradient_format(norm)

    worst = [
        float((gradients(norm, other, incoming) - expected).abs().max())
        for other, incoming in itertools.product(layouts(x), layouts(gradient))
    ]
    assert max(worst) < 1e-12


@pytest.mark.parametrize("norm", [BatchNorm(CHANNELS), nn.SyncBatchNorm(CHANNELS), nn.InstanceNorm2d(CHANNELS)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_kind_of_norm_is_right_in_a_copy_of_the_model(norm: nn.Module, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.randn(IMAGE).to(dtype)
    tokens = torch.randn(IMAGE[2] * IMAGE[3], 1, CHANNELS).to(dtype)
    gradient = tokens.permute(1, 2, 0).unflatten(2, IMAGE[2:])
    expected = gradients(copy.deepcopy(norm), x, gradient.clone(memory_format=torch.contiguous_format))
    model = nn.Sequential(copy.deepcopy(norm))
    keep_gradient_format(model)

    torch.testing.assert_close(gradients(copy.deepcopy(model), x, gradient), expected)
    assert list(model.state_dict()) == [f"0.{name}" for name in norm.state_dict()]


def test_an_activation_may_work_in_place() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True))
    x, gradient = torch.randn(2, *IMAGE)
    expected = gradients(model, x, gradient)
    keep_gradient_format(model)
    torch.testing.assert_close(gradients(model, x, gradient), expected)


def test_evaluation_without_gradients_and_other_devices_pass() -> None:
    norm = nn.BatchNorm2d(CHANNELS)
    keep_gradient_format(norm)
    with torch.inference_mode():
        assert norm(torch.zeros(IMAGE)).shape == IMAGE
    y = norm.to("meta")(torch.zeros(IMAGE, device="meta"))
    assert y.requires_grad
    assert not y._backward_hooks
