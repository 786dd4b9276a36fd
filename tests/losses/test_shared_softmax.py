"""What a sum shares: as much as there is to share, and nothing that changes a value."""

import threading
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from segcli.losses import shared_softmax as module
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.generalised_dice_loss import GeneralisedDiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.mcc_loss import MCCLoss
from segcli.losses.ohem_cross_entropy_loss import OhemCrossEntropyLoss
from segcli.losses.shared_softmax import shared_parts, shared_softmax
from segcli.losses.softmax_parts import softmax_parts
from segcli.losses.top_k_cross_entropy_loss import TopKCrossEntropyLoss
from segcli.losses.tversky_loss import TverskyLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, dense


class Own(Loss):
    """A loss of a user's own: it takes its softmax itself, and that of another loss without a gradient."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        with torch.no_grad():
            dice = DiceLoss()(logits, mask)
        return logits.softmax(1).square().mean() * dice


class Doubled(CrossEntropyLoss):
    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        return super().total(2 * logits, mask)


def losses(form: str) -> list[Loss]:
    """All that share, some that do not, and those whose options keep them from it."""
    weights = [0.3, 2.0] if form == "binary" else [1.0, 0.2, 0.0, 3.0]
    pixels = [CrossEntropyLoss(), CrossEntropyLoss(weights), CrossEntropyLoss(weights, 0.1), FocalLoss(1.5), Doubled()]
    hard = [OhemCrossEntropyLoss(), TopKCrossEntropyLoss(0.3, weights)]
    regions = [DiceLoss(per_image=True), JaccardLoss(), TverskyLoss(), DiceLoss(label_smoothing=0.2)]
    return [Own(), *pixels, *hard, *regions, GeneralisedDiceLoss(), MCCLoss(), LovaszLoss()]


def separately(terms: Sequence[Loss]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda logits, mask: torch.stack([loss(logits, mask) for loss in terms]).sum()


def through_the_criterion(terms: Sequence[Loss]) -> Callable[[Tensor, Tensor], Tensor]:
    criterion = DenseCriterion(WeightedSum(list(terms)))
    return lambda logits, mask: criterion.combine(criterion.values(criterion.sums(dense(logits), mask)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sums", [WeightedSum, through_the_criterion])
def test_values_and_gradients_are_those_of_the_terms(
    form: str, sums: Callable[[list[Loss]], Callable[[Tensor, Tensor], Tensor]]
) -> None:
    logits, mask = batch(form)

    found, expected = sums(losses(form))(logits, mask), separately(losses(form))(logits, mask)

    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(half: torch.dtype) -> None:
    logits, mask = batch("multiclass")
    low = logits.detach().to(half).requires_grad_()
    both = [CrossEntropyLoss(), DiceLoss()]
    expected = separately(both)(low.float(), mask)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = WeightedSum(both)(low, mask)
        gradient = torch.autograd.grad(found, low)

    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, low))


def test_of_ignored_pixels_alone_the_sum_is_0_with_a_gradient_of_0() -> None:
    logits, mask = batch("multiclass")

    value = WeightedSum([CrossEntropyLoss(), DiceLoss(), FocalLoss()])(logits, torch.full_like(mask, IGNORE_INDEX))

    assert value == 0
    assert (torch.autograd.grad(value, logits)[0] == 0).all()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Logits of every softmax that is taken for terms of a sum."""
    seen: list[Tensor] = []

    def take(logits: Tensor, mask: Tensor, with_cross_entropy: bool = False) -> object:
        seen.append(logits)
        return softmax_parts(logits, mask, with_cross_entropy)

    monkeypatch.setattr(module, "softmax_parts", take)
    return seen


def test_a_sum_takes_one_softmax_of_each_prediction(taken: list[Tensor]) -> None:
    logits, mask = batch("multiclass")
    nested = WeightedSum([DiceLoss(), WeightedSum([CrossEntropyLoss(), FocalLoss()])])

    for _ in range(2):
        nested(logits, mask)
    assert len(taken) == 2

    DenseCriterion(nested).sums(dense(logits), mask)
    assert len(taken) == 3


def test_nothing_is_shared_where_one_term_needs_it_or_after_the_sum(taken: list[Tensor]) -> None:
    logits, mask = batch("multiclass")

    WeightedSum([CrossEntropyLoss(label_smoothing=0.1), DiceLoss(), LovaszLoss()])(logits, mask)
    WeightedSum([CrossEntropyLoss(), DiceLoss()])
    CrossEntropyLoss()(logits, mask)

    assert not taken
    with pytest.raises(RuntimeError, match="0 terms"), shared_softmax([DiceLoss(), DiceLoss()]):
        raise RuntimeError("0 terms")
    assert shared_parts(logits, mask) is None


def test_nothing_is_shared_between_threads() -> None:
    logits, mask = batch("multiclass")
    found: list[object] = [0]

    with shared_softmax([CrossEntropyLoss(), DiceLoss()]):
        thread = threading.Thread(target=lambda: found.append(shared_parts(logits, mask)))
        thread.start()
        thread.join()
        assert shared_parts(logits, mask) is not None

    assert found == [0, None]
