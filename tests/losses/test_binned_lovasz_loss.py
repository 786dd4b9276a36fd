from typing import Literal

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.binned_lovasz_loss import BinnedLovaszLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, million


def value_and_gradient(loss: LovaszLoss | BinnedLovaszLoss, logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    value = loss(logits, mask)
    return value, torch.autograd.grad(value, logits)[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
def test_with_a_pixel_per_bin_it_is_the_exact_one(form: str, per_image: bool, absent: Literal["skip", "count"]) -> None:
    both, weights = batch(form), [0.1, 0.2] if form == "binary" else [0.1, 0.2, 0.05, 0.4]
    exact = LovaszLoss(per_image, absent, weights)

    found = value_and_gradient(BinnedLovaszLoss(1 << 18, per_image, absent, weights), *both)

    torch.testing.assert_close(found, value_and_gradient(exact, *both))


@pytest.mark.parametrize("sharpness", [0.0, 4.0])
@pytest.mark.parametrize("labels", [False, True])
def test_the_gradient_of_1024_bins_is_within_4_thousandths(sharpness: float, labels: bool) -> None:
    torch.manual_seed(0)
    mask = F.interpolate(torch.randn(2, 5, 8, 8), size=(96, 96), mode="bilinear").argmax(1)
    truth = F.one_hot(mask, 5).movedim(-1, 1)
    logits = (torch.randn(2, 5, 96, 96) + sharpness * truth).requires_grad_()
    both = logits, (truth if labels else mask).to(torch.uint8)

    exact, exact_gradient = value_and_gradient(LovaszLoss(), *both)
    value, gradient = value_and_gradient(BinnedLovaszLoss(), *both)

    assert value.item() == pytest.approx(exact.item(), rel=1e-5)
    deviation = (gradient - exact_gradient).norm() / exact_gradient.norm()
    assert deviation < (0.004 if labels else 0.001)


def test_pixels_of_one_bin_share_what_they_add() -> None:
    logits = torch.tensor([[[[-1.0, 0.5, 0.5, 9.0]]]], requires_grad=True)
    mask = torch.tensor([[[1, 1, 0, IGNORE_INDEX]]])

    value, gradient = value_and_gradient(BinnedLovaszLoss(bins=1), logits, mask)

    # errors are 2, 0.5 and 1.5; slopes are means of 1 / (2 + s) where true, of (2 - 2 s) / (2 + s)^2 where not
    of_true = torch.log(torch.tensor(1.5)).item()
    of_other = 1 - 2 * of_true
    assert value.item() == pytest.approx(2.5 * of_true + 1.5 * of_other)
    torch.testing.assert_close(gradient.flatten(), torch.tensor([-of_true, -of_true, of_other, 0]))


def test_an_absent_class_costs_the_mean_error_of_its_highest_bin() -> None:
    mask = torch.zeros(1, 1, 3, dtype=torch.uint8)
    logits = torch.tensor([[[[-3.0, 2.0, 2.0001]]]], requires_grad=True)

    value, gradient = value_and_gradient(BinnedLovaszLoss(absent="count"), logits, mask)

    assert value.item() == pytest.approx(3.00005)
    assert gradient.flatten().tolist() == [0, 0.5, 0.5]
    assert BinnedLovaszLoss(absent="skip")(logits, mask) == 0


@pytest.mark.parametrize("form", FORMS)
def test_half_precision_logits_of_a_million_pixels(form: str) -> None:
    logits, mask = million(form)
    rough = logits.detach().half()

    torch.testing.assert_close(BinnedLovaszLoss(1 << 14)(rough, mask), LovaszLoss()(rough, mask), rtol=1e-3, atol=0)


@pytest.mark.parametrize("bins", [0, 1 << 21])
def test_the_number_of_bins_is_limited(bins: int) -> None:
    with pytest.raises(ValueError, match=f"BinnedLovaszLoss got bins {bins}, expected 1 to 1048576"):
        BinnedLovaszLoss(bins)
