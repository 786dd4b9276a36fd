import math

import pytest
import torch
from torch import Tensor

from segcli.losses.mcc_loss import MCCLoss
from tests.losses.data import FORMS, batch, by_class, million, probabilities


def coefficient(p: Tensor, t: Tensor) -> Tensor:
    tp, fp, fn, tn = (x.sum() for x in (p * t, p * (1 - t), (1 - p) * t, (1 - p) * (1 - t)))
    return (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)).sqrt()


def by_classes(logits: Tensor, mask: Tensor, per_image: bool) -> Tensor:
    terms = []
    for image in [slice(i, i + 1) for i in range(len(mask))] if per_image else [slice(None)]:
        for score, true, valid in by_class(probabilities(logits[image].double(), mask[image]), mask[image]):
            t = true[valid].double()
            if t.any() and not t.all():
                terms.append(1 - coefficient(score[valid], t))
    return torch.stack(terms).mean()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
def test_equals_its_definition_in_value_and_gradient(form: str, per_image: bool) -> None:
    logits, mask = batch(form)
    mask[3] = 1  # everything is of one class

    ours, expected = MCCLoss(per_image)(logits, mask), by_classes(logits, mask, per_image)

    torch.testing.assert_close(ours.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_four_pixels_by_hand() -> None:
    mask = torch.tensor([[[1, 1, 0, 0, 0]]])
    logits = torch.tensor([[[[60.0, -60, 60, -60, -60]]]])

    assert MCCLoss()(logits, mask).item() == pytest.approx(1 - (1 * 2 - 1 * 1) / math.sqrt(2 * 2 * 3 * 3))
    assert MCCLoss()(-logits, mask).item() == pytest.approx(1 + (1 * 2 - 1 * 1) / math.sqrt(2 * 2 * 3 * 3))


@pytest.mark.parametrize("form", FORMS)
def test_foreground_and_background_are_alike(form: str) -> None:
    logits, mask = batch("binary" if form == "multiclass" else form)
    other = torch.where(mask < 2, 1 - mask, mask)

    torch.testing.assert_close(MCCLoss()(-logits, other), MCCLoss()(logits, mask))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    last = probabilities(logits.double(), mask)[:, -1].flatten()
    truth = mask if mask.ndim == 3 else mask[:, -1]

    found = 1 - MCCLoss(class_weights=[0.0, 1.0])(logits, mask)  # of float32, the other class leaves 1e-5

    expected = coefficient(last, (truth == 1).flatten().double())
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-7)
