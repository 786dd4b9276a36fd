"""What every registered loss keeps; a new one is covered by its line in the registry."""

from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import OF_LOGITS, loss_class

REQUIRED: dict[str, dict[str, Any]] = {
    "ClDiceLoss": {"iterations": 2},  # not required, but more take time and do the same again
    "WeightedSum": {"terms": [CrossEntropyLoss(), DiceLoss()]},
}


@pytest.fixture(params=OF_LOGITS)
def loss(request: pytest.FixtureRequest) -> Loss:
    return loss_class(request.param)(**REQUIRED.get(request.param, {}))


@pytest.fixture(params=["binary", "two classes", "five classes", "one label", "five labels"])
def data(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    """Logits with K channels, and a mask with all classes and some pixels ignored."""
    torch.manual_seed(0)
    channels = {"binary": 1, "one": 1, "two": 2, "five": 5}[request.param.split()[0]]
    mask = torch.randint(max(2, channels), (2, 9, 7), dtype=torch.uint8)
    if "label" in request.param:
        mask = torch.randint(2, (2, channels, 9, 7), dtype=torch.uint8)
        mask[1, 0, 4:] = IGNORE_INDEX  # for the first label only
    mask[0, ..., :3, :] = IGNORE_INDEX
    return torch.randn(2, channels, 9, 7, requires_grad=True), mask


Data = tuple[Tensor, Tensor]


def gradient(loss: Loss, logits: Tensor, mask: Tensor) -> Tensor:
    return torch.autograd.grad(loss(logits, mask), logits)[0]


def test_is_one_finite_number_in_float32_with_a_gradient(loss: Loss, data: Data) -> None:
    value = loss(*data)

    assert value.shape == ()
    assert value.dtype == torch.float32
    assert value > 0
    assert gradient(loss, *data).abs().sum() > 0


def per_channel(mask: Tensor, logits: Tensor) -> Tensor:
    """Return the mask with an axis of channels, where every label has its own."""
    return mask if mask.ndim == 4 else mask.unsqueeze(1).expand_as(logits)


def test_is_lower_for_what_is_right(loss: Loss, data: Data) -> None:
    logits, mask = data
    classes = torch.arange(logits.shape[1]).view(-1, 1, 1)
    positive = 1 if mask.ndim == 4 or logits.shape[1] == 1 else classes
    right = torch.where(per_channel(mask, logits) == positive, 9.0, -9.0)

    assert loss(right, mask) < 0.01 < loss(logits, mask) < loss(-right, mask)


def test_ignored_pixels_neither_count_nor_get_a_gradient(loss: Loss, data: Data) -> None:
    logits, mask = data
    ignored = per_channel(mask, logits) == IGNORE_INDEX
    other = torch.where(ignored, torch.randn_like(logits) * 9, logits)

    torch.testing.assert_close(loss(other, mask), loss(logits, mask))
    assert (gradient(loss, logits, mask)[ignored] == 0).all()


def test_ignored_pixels_count_as_little_as_ones_that_are_not_there(loss: Loss, data: Data) -> None:
    logits, mask = data

    torch.testing.assert_close(loss(logits[:1, :, 3:], mask[:1, ..., 3:, :]), loss(logits[:1], mask[:1]))


def test_order_of_classes_does_not_matter(loss: Loss, data: Data) -> None:
    logits, mask = data
    order = torch.randperm(logits.shape[1])
    place = torch.cat([order.argsort(), torch.arange(len(order), 256)]).to(torch.uint8)
    other = mask[:, order] if mask.ndim == 4 else place[mask.long()]

    torch.testing.assert_close(loss(logits[:, order], other), loss(logits, mask))


def test_one_label_is_the_binary_task(loss: Loss) -> None:
    logits, mask = torch.randn(2, 1, 5, 4), torch.tensor([0, 1, 1, IGNORE_INDEX]).expand(2, 5, 4)

    torch.testing.assert_close(loss(logits, mask.unsqueeze(1)), loss(logits, mask))


def test_a_mask_with_another_number_of_labels_is_told(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"mask of shape \(2, 1, 4, 4\) for logits of shape \(2, 3, 4, 4\)"):
        loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4, dtype=torch.uint8))


def test_only_ignored_pixels_give_a_differentiable_zero(loss: Loss, data: Data) -> None:
    logits, mask = data
    mask = torch.full_like(mask, IGNORE_INDEX)

    assert loss(logits, mask) == 0
    assert (gradient(loss, logits, mask) == 0).all()


def test_type_of_the_mask_and_memory_of_the_logits_do_not_matter(loss: Loss, data: Data) -> None:
    logits, mask = data
    expected = loss(logits, mask)

    torch.testing.assert_close(loss(logits.contiguous(memory_format=torch.channels_last), mask.long()), expected)
    wider = torch.cat([logits, logits], dim=3)
    torch.testing.assert_close(loss(wider[..., :7], mask), expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_takes_logits_of_any_float_type(loss: Loss, data: Data, dtype: torch.dtype) -> None:
    logits, mask = data[0].detach().to(dtype).requires_grad_(), data[1]

    value = loss(logits, mask)

    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(logits.float(), mask))
    assert gradient(loss, logits, mask).dtype == dtype


def test_autocast_does_not_change_it(loss: Loss, data: Data) -> None:
    expected = loss(*data), gradient(loss, *data)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = loss(*data), gradient(loss, *data)

    torch.testing.assert_close(got, expected)


def test_leaves_its_arguments_alone(loss: Loss, data: Data) -> None:
    before = [x.detach().clone() for x in data]

    loss(*data).backward()

    torch.testing.assert_close([x.detach() for x in data], before)
