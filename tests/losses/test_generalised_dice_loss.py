import pytest
import torch
from torch import Tensor

from segcli.losses.dice_loss import DiceLoss
from segcli.losses.generalised_dice_loss import GeneralisedDiceLoss
from tests.losses.data import FORMS, batch, by_class, million, probabilities


def by_definition(logits: Tensor, mask: Tensor, per_image: bool) -> Tensor:
    terms = []
    for image in [slice(i, i + 1) for i in range(len(mask))] if per_image else [slice(None)]:
        above, below = [], []
        for score, true, valid in by_class(probabilities(logits[image].double(), mask[image]), mask[image]):
            p, t = score[valid], true[valid].double()
            if t.any():
                above.append(2 * (p * t).sum() / t.sum() ** 2)
                below.append((p + t).sum() / t.sum() ** 2)
        if above:
            terms.append(1 - torch.stack(above).sum() / torch.stack(below).sum())
    return torch.stack(terms).mean()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
def test_equals_its_definition_in_value_and_gradient(form: str, per_image: bool) -> None:
    logits, mask = batch(form)

    ours, expected = GeneralisedDiceLoss(per_image)(logits, mask), by_definition(logits, mask, per_image)

    torch.testing.assert_close(ours.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_two_classes_by_hand() -> None:
    mask = torch.tensor([[[0, 0, 0, 1]]])

    # every p is 1/2: 2 (1.5 / 9 + 0.5) over (2 + 3) / 9 + 2 + 1
    assert GeneralisedDiceLoss()(torch.zeros(1, 2, 1, 4), mask).item() == pytest.approx(1 - (1 / 3 + 1) / (5 / 9 + 3))


def test_one_class_is_its_dice_loss() -> None:
    logits, mask = batch("binary")

    torch.testing.assert_close(GeneralisedDiceLoss()(logits, mask), DiceLoss(smooth=0.0)(logits, mask))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    expected = by_definition(logits, mask, per_image=False)

    torch.testing.assert_close(1 - GeneralisedDiceLoss()(logits, mask).double(), 1 - expected, rtol=1e-5, atol=1e-7)
