import math

import pytest
import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.hard_pixel_loss import hardest, pixel_cross_entropy
from segcli.losses.ohem_cross_entropy_loss import OhemCrossEntropyLoss
from segcli.losses.top_k_cross_entropy_loss import TopKCrossEntropyLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch
from tests.losses.test_dense_criterion import weights

Pixels = list[tuple[Tensor, float]]


def pixels(logits: Tensor, mask: Tensor, class_weights: list[float] | None) -> Pixels:
    """Return -log p and the weight of every pixel that is not ignored, one by one and in float64."""
    found: Pixels = []
    z = logits.double()
    for place in (mask != IGNORE_INDEX).nonzero().tolist():
        truth = int(mask[tuple(place)])
        if mask.ndim == 4 or logits.shape[1] == 1:
            image, label, row, column = place if mask.ndim == 4 else (place[0], 0, *place[1:])
            p = z[image, label, row, column].sigmoid()
            p, of_class = (p if truth else 1 - p), label if mask.ndim == 4 else truth
        else:
            p, of_class = z[place[0], :, place[1], place[2]].softmax(0)[truth], truth
        found.append((-p.log(), class_weights[of_class] if class_weights else 1.0))
    return found


def mean_of(kept: Pixels) -> Tensor:
    return torch.stack([loss * weight for loss, weight in kept]).sum() / sum(weight for _, weight in kept)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("threshold", "share"), [(0.7, 1 / 16), (1e-9, 0.3), (0.3, 0.01), (None, 0.1), (None, 0.37), (None, 1.0)]
)
def test_equals_its_definition_in_value_and_gradient(
    form: str, weighted: bool, threshold: float | None, share: float
) -> None:
    logits, mask = batch(form)
    class_weights = weights(form) if weighted else None
    every = sorted(pixels(logits, mask, class_weights), key=lambda pixel: -pixel[0].item())
    count = math.ceil(share * len(every))
    kept = [each for place, each in enumerate(every) if place < count or (threshold and each[0] > -math.log(threshold))]

    loss: Loss = TopKCrossEntropyLoss(share, class_weights)
    if threshold:
        loss = OhemCrossEntropyLoss(threshold, share, class_weights)

    value, expected = loss(logits, mask), mean_of(kept)
    torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(torch.autograd.grad(value, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("form", FORMS)
def test_all_pixels_are_the_cross_entropy(form: str) -> None:
    logits, mask = batch(form)
    expected = CrossEntropyLoss(weights(form))(logits, mask)

    torch.testing.assert_close(TopKCrossEntropyLoss(1.0, weights(form))(logits, mask), expected)
    torch.testing.assert_close(OhemCrossEntropyLoss(1.0, 0.0, weights(form))(logits, mask), expected)


def test_where_all_is_well_nothing_is_kept_but_the_least_number() -> None:
    logits = torch.tensor([[[[2.0, 3.0, 4.0, 5.0]]]], requires_grad=True)
    mask = torch.ones(1, 1, 4, dtype=torch.uint8)

    kept = torch.autograd.grad(OhemCrossEntropyLoss(min_kept=0.25)(logits, mask), logits)[0]
    none = OhemCrossEntropyLoss(min_kept=0.0)(logits, mask)

    assert (kept != 0).flatten().tolist() == [True, False, False, False]
    assert none == 0
    assert (torch.autograd.grad(none, logits)[0] == 0).all()


def test_equal_pixels_share_the_gradient() -> None:
    logits = torch.zeros(1, 3, 2, 2, requires_grad=True)

    TopKCrossEntropyLoss(0.25)(logits, torch.zeros(1, 2, 2, dtype=torch.uint8)).backward()

    assert logits.grad is not None
    torch.testing.assert_close(logits.grad[0, 0], torch.full((2, 2), (1 / 3 - 1) / 4))


def test_half_precision_logits_of_a_million_pixels() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 2, 1000, 1000).half()
    mask = torch.randint(2, (1, 1000, 1000), dtype=torch.uint8)
    losses = pixel_cross_entropy(logits.double(), mask).flatten()

    assert TopKCrossEntropyLoss()(logits, mask).item() == pytest.approx(losses.topk(100_000).values.mean().item(), 1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_an_ignored_pixel_has_no_cross_entropy_whatever_its_logit(form: str) -> None:
    logits, mask = batch(form)

    losses = pixel_cross_entropy(torch.where(mask.view(4, -1, 6, 10) == IGNORE_INDEX, torch.nan, logits), mask)

    assert losses.shape == mask.shape
    assert torch.equal(losses != 0, mask != IGNORE_INDEX)
    assert losses.isfinite().all()


@pytest.mark.parametrize(("share", "expected"), [(1e-9, 4.0), (0.4, 3.0), (0.41, 2.0), (1.0, 0.0)])
def test_a_share_is_rounded_up(share: float, expected: float) -> None:
    assert hardest(torch.tensor([3.0, 0.0, 4.0, 1.0, 2.0]), share) == expected


@pytest.mark.parametrize("threshold", [0.0, 1.1, float("nan")])
def test_the_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(ValueError, match=f"OhemCrossEntropyLoss got threshold {threshold}, expected a probability"):
        OhemCrossEntropyLoss(threshold)


def test_shares_are_between_0_and_1() -> None:
    with pytest.raises(ValueError, match=r"OhemCrossEntropyLoss got min_kept 100000, expected a share of the pixels"):
        OhemCrossEntropyLoss(min_kept=100_000)
    with pytest.raises(ValueError, match=r"TopKCrossEntropyLoss got share 10, expected above 0, at most 1"):
        TopKCrossEntropyLoss(10)
    with pytest.raises(ValueError, match=r"TopKCrossEntropyLoss got share 0"):
        TopKCrossEntropyLoss(0.0)


@pytest.mark.parametrize("kind", [OhemCrossEntropyLoss, TopKCrossEntropyLoss])
def test_the_number_of_weights_must_fit(kind: type[OhemCrossEntropyLoss]) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__} got 3 class_weights, expected 4, one per class"):
        kind(class_weights=[1.0] * 3)(*batch("multiclass"))
