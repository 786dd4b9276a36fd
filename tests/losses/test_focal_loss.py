import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from segcli.datasets.class_counts import ClassCounts
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.focal_loss import FocalLoss, _sigmoid_focal, _softmax_focal
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, million


@pytest.mark.parametrize("form", FORMS)
def test_gamma_zero_is_the_cross_entropy(form: str) -> None:
    logits, mask = batch(form)

    focal, cross_entropy = FocalLoss(gamma=0.0)(logits, mask), CrossEntropyLoss()(logits, mask)

    torch.testing.assert_close(focal, cross_entropy)
    torch.testing.assert_close(torch.autograd.grad(focal, logits), torch.autograd.grad(cross_entropy, logits))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("alpha", [None, [0.1, 2.0, 0.0, 1.0]])
def test_softmax_form_equals_its_definition(gamma: float, alpha: list[float] | None) -> None:
    logits, mask = batch("multiclass")
    valid = mask != IGNORE_INDEX
    p = logits.softmax(1).movedim(1, -1)[valid].gather(1, mask[valid].long().unsqueeze(1)).squeeze(1)
    factor = torch.tensor(alpha or [1.0] * 4)[mask[valid].long()]

    ours, expected = FocalLoss(gamma, alpha)(logits, mask), (-factor * (1 - p) ** gamma * p.log()).mean()

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("form", ["binary", "multilabel"])
@pytest.mark.parametrize("alpha", [-1.0, 0.25])  # -1: none
def test_sigmoid_form_equals_torchvision(form: str, alpha: float) -> None:
    logits, mask = batch(form)
    labels = mask.view_as(logits)
    valid = labels != IGNORE_INDEX
    ours = {"binary": [1 - alpha, alpha], "multilabel": [alpha] * 4}[form] if alpha > 0 else None

    expected = sigmoid_focal_loss(logits[valid], labels[valid].float(), alpha, gamma=1.5, reduction="mean")
    found = FocalLoss(1.5, ours)(logits, mask)

    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, logits), torch.autograd.grad(expected, logits))


def test_each_label_has_its_alpha() -> None:
    mask = torch.tensor([[[[1, 0]], [[1, 0]]]])

    # every p is 1/2, and so every pixel's loss log(2) / 4
    loss = FocalLoss(2.0, [1.0, 0.2])(torch.zeros(1, 2, 1, 2), mask).item()

    assert loss == pytest.approx((1.0 + 0.0 + 0.2 + 0.8) / 4 * math.log(2) / 4)


def test_the_mean_is_over_pixels_and_not_over_their_weights() -> None:
    mask = torch.tensor([[[0, 1, 1, IGNORE_INDEX]]])

    loss = FocalLoss(2.0, [3.0, 0.5])(torch.zeros(1, 2, 1, 4), mask).item()

    assert loss == pytest.approx((3.0 + 0.5 + 0.5) / 3 * math.log(2) / 4)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("labels", [False, True])
def test_is_finite_where_the_truth_is_sure_and_impossible(gamma: float, channels: int, labels: bool) -> None:
    logits = torch.zeros(1, channels, 1, 4)
    logits[:, -1, 0] = torch.tensor([100.0, -100.0, 100.0, -100.0])
    mask = torch.tensor([[[1, 1, 0, 0]]])
    mask = mask.unsqueeze(1).expand_as(logits) if labels else mask
    logits.requires_grad_()

    loss = FocalLoss(gamma)(logits, mask)
    (gradient,) = torch.autograd.grad(loss, logits)

    count = mask.numel()
    if not labels or channels == 1:
        assert loss.item() == pytest.approx(2 * 100 / count)  # two pixels with log p = -100
    torch.testing.assert_close(gradient[0, -1, 0], torch.tensor([0.0, -1.0, 1.0, 0.0]) / count)
    assert gradient.isfinite().all()


def pixels(logits: Tensor, mask: Tensor) -> Tensor:
    return F.cross_entropy(logits, mask.long(), ignore_index=IGNORE_INDEX, reduction="none")


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradients_in_double_precision(gamma: float) -> None:
    logits, mask = batch("multiclass")
    logits, mask = logits.detach().double()[:2, :, 1:3, :4].requires_grad_(), mask[:2, 1:3, :4]
    assert torch.autograd.gradcheck(lambda x: _softmax_focal(pixels(x, mask), gamma), (logits,))

    logits, mask = batch("multilabel")
    logits, mask = logits.detach().double()[:2, :, 1:3, :4].requires_grad_(), mask[:2, :, 1:3, :4]
    assert torch.autograd.gradcheck(lambda x: _sigmoid_focal(x, mask, gamma), (logits,))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_a_million_pixels_in_single_precision(form: str, gamma: float) -> None:
    logits, mask = million(form)
    exact = logits.detach().double().requires_grad_()
    per_pixel = (
        _softmax_focal(pixels(exact, mask), gamma)
        if form == "multiclass"
        else _sigmoid_focal(exact, mask.view_as(logits), gamma)
    )

    loss, expected = FocalLoss(gamma)(logits, mask), per_pixel.mean()

    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=0)
    gradient, exact_gradient = torch.autograd.grad(loss, logits)[0], torch.autograd.grad(expected, exact)[0]
    torch.testing.assert_close(gradient.double(), exact_gradient, rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize(("form", "number", "noun"), [("multiclass", 4, "class"), ("binary", 2, "class")])
def test_the_number_of_factors_must_fit(form: str, number: int, noun: str) -> None:
    with pytest.raises(ValueError, match=f"got 3 numbers in alpha, expected {number}, one per {noun}"):
        FocalLoss(alpha=[1.0] * 3)(*batch(form))


def test_labels_have_one_factor_each_which_is_a_share() -> None:
    with pytest.raises(ValueError, match="got 2 numbers in alpha, expected 4, one per label"):
        FocalLoss(alpha=[0.5] * 2)(*batch("multilabel"))
    with pytest.raises(ValueError, match=r"expected 0 to 1 where labels overlap"):
        FocalLoss(alpha=[0.5, 0.5, 0.5, 1.5])(*batch("multilabel"))


@pytest.mark.parametrize("alpha", [[], [0.5, -0.5]])
def test_factors_must_not_be_negative_or_none_at_all(alpha: list[float]) -> None:
    with pytest.raises(ValueError, match="expected numbers from 0 up"):
        FocalLoss(alpha=alpha)


def test_gamma_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"gamma -1, expected 0 or more"):
        FocalLoss(gamma=-1)


def test_factors_stay_out_of_the_checkpoint() -> None:
    assert FocalLoss(alpha=[1.0, 2.0]).state_dict() == {}


@pytest.mark.parametrize(("form", "counts"), [("binary", (30, 10)), ("multiclass", (40, 10, 10, 20))])
def test_factors_of_a_rule_are_those_of_the_training_split(form: str, counts: tuple[int, ...]) -> None:
    logits, mask = batch(form)
    loss = FocalLoss(alpha="balanced")
    names, seen = tuple("abcd"[: len(counts)]), (sum(counts),) * len(counts)
    with pytest.raises(ValueError, match="FocalLoss got alpha balanced, which follow from the training split"):
        loss(logits, mask)

    loss.fit_to(ClassCounts(names, counts, seen, seen, seen))

    inverse = [1 / n for n in counts]
    factors = [len(counts) * each / sum(inverse) for each in inverse]
    torch.testing.assert_close(loss(logits, mask), FocalLoss(alpha=factors)(logits, mask))


def test_with_several_labels_factors_follow_from_no_rule() -> None:
    loss, four = FocalLoss(alpha="balanced"), (1,) * 4
    loss.fit_to(ClassCounts(tuple("abcd"), four, four, four, four))

    with pytest.raises(ValueError, match="FocalLoss got alpha balanced, expected numbers from 0 to 1"):
        loss(*batch("multilabel"))
