from fractions import Fraction
from itertools import pairwise
from typing import Literal

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from segcli.losses.lovasz_loss import LovaszLoss, _extension, _slope
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, class_average, million


def scores(logits: Tensor, mask: Tensor) -> Tensor:
    return logits.softmax(1) if mask.ndim == 3 and logits.shape[1] > 1 else logits


def one_minus_iou(true: set[int], wrong: set[int]) -> Fraction:
    """The set function of the paper: of the pixels that are predicted wrongly."""
    predicted = true ^ wrong
    return 1 - Fraction(len(true & predicted), len(true | predicted)) if true | predicted else Fraction(0)


def extension(error: Tensor, t: Tensor) -> Tensor:
    """Definition 2 of the paper, with exact differences of the set function."""
    order = error.argsort(descending=True).tolist()
    true = set(t.nonzero().flatten().tolist())
    values = [one_minus_iou(true, set(order[:i])) for i in range(len(order) + 1)]
    rises = [float(after - before) for before, after in pairwise(values)]
    return (error[order] * error.new_tensor(rises)).sum()


def softmax_form(p: Tensor, t: Tensor) -> Tensor:
    return extension((t - p).abs(), t)


def hinge_form(z: Tensor, t: Tensor) -> Tensor:
    return extension((1 - z * (2 * t - 1)).relu(), t)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
@pytest.mark.parametrize("weights", [None, [0.1, 0.2, 0.05, 0.4]])
def test_equals_its_definition_in_value_and_gradient(
    form: str, per_image: bool, absent: Literal["skip", "count"], weights: list[float] | None
) -> None:
    logits, mask = batch(form)
    definition = softmax_form if form == "multiclass" else hinge_form
    given = weights[:2] if weights and form == "binary" else weights

    ours = LovaszLoss(per_image, absent, given)(logits, mask)
    expected = class_average(scores(logits.double(), mask), mask, per_image, absent, definition, given).float()

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_three_pixels_by_hand() -> None:
    logits = torch.tensor([[[[-1.0, 0.5, 0.5, 9.0]]]], requires_grad=True)
    mask = torch.tensor([[[1, 1, 0, IGNORE_INDEX]]])

    loss = LovaszLoss()(logits, mask)

    # errors 2, 1.5 (the other one) and 0.5 raise 1 - IoU from 0 to 1/2, 2/3 and 1
    assert loss.item() == pytest.approx(2 / 2 + 1.5 / 6 + 0.5 / 3)
    torch.testing.assert_close(torch.autograd.grad(loss, logits)[0], torch.tensor([[[[-1 / 2, -1 / 3, 1 / 6, 0]]]]))


def test_sure_predictions_give_one_minus_the_intersection_over_the_union() -> None:
    mask = torch.tensor([[[0, 0, 1, 1, 1, IGNORE_INDEX]]])
    predicted = torch.tensor([[[0, 1, 1, 1, 0, 0]]])
    logits = 200 * torch.nn.functional.one_hot(predicted, 3).movedim(-1, 1).float()

    assert LovaszLoss()(logits, mask).item() == pytest.approx(1 - (1 / 3 + 2 / 4) / 2)


@pytest.mark.parametrize("per_image", [False, True])
def test_softmax_equals_the_reference_where_all_classes_occur(per_image: bool) -> None:
    logits, mask = batch("multiclass")
    logits = logits[:, [0, 1, 3]]
    mask[mask == 3] = 2
    mask[1:3] = mask[3]
    reference = smp.losses.LovaszLoss("multiclass", per_image, IGNORE_INDEX)

    torch.testing.assert_close(LovaszLoss(per_image)(logits, mask), reference(logits, mask))


@pytest.mark.parametrize("per_image", [False, True])
def test_hinge_equals_the_reference_which_counts_absent_classes(per_image: bool) -> None:
    logits, mask = batch("binary")
    logits, mask = logits[[0, 1, 3]], mask[[0, 1, 3]]
    reference = smp.losses.LovaszLoss("binary", per_image, IGNORE_INDEX)

    torch.testing.assert_close(LovaszLoss(per_image, "count")(logits, mask), reference(logits[:, 0], mask))


def test_an_absent_class_costs_nothing_or_its_largest_error() -> None:
    mask = torch.zeros(1, 1, 3, dtype=torch.uint8)
    logits = torch.tensor([[[[-3.0, 0.5, 2.0]]]], requires_grad=True)

    counted = LovaszLoss(absent="count")(logits, mask)
    skipped = LovaszLoss(absent="skip")(logits, mask)

    assert counted == 3
    torch.testing.assert_close(torch.autograd.grad(counted, logits)[0], torch.tensor([[[[0.0, 0.0, 1.0]]]]))
    assert skipped == 0
    assert (torch.autograd.grad(skipped, logits)[0] == 0).all()


def test_gradient_in_double_precision() -> None:
    torch.manual_seed(0)
    error = torch.rand(2, 12, dtype=torch.float64, requires_grad=True)
    true = torch.rand(2, 12) < 0.3

    assert torch.autograd.gradcheck(lambda x: _extension(x, true), (error,))


@pytest.mark.parametrize("share", [0.0, 3e-6, 0.5, 1.0])
def test_slopes_of_a_million_pixels_in_single_precision(share: float) -> None:
    torch.manual_seed(0)
    true = torch.rand(1_000_000) < share
    # all different, as two of one error may go either way
    error = torch.randperm(1_000_000).float() / 2**20

    slope = _slope(error, true)

    order = error.argsort(descending=True)
    hits, total = true[order].double().cumsum(0), true.sum().double()
    loss = 1 - (total - hits) / (total + torch.arange(1, 1_000_001) - hits)
    exact = torch.diff(loss, prepend=torch.zeros(1, dtype=torch.float64))
    torch.testing.assert_close(slope[order].double(), exact, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    def in_double_precision(score: Tensor, t: Tensor) -> Tensor:
        error = (t - score).abs() if form == "multiclass" else (1 - score * (2 * t - 1)).relu()
        return _extension(error.unsqueeze(0), (t > 0).unsqueeze(0))[0]

    exact = class_average(scores(logits.double(), mask), mask, False, "skip", in_double_precision)

    torch.testing.assert_close(LovaszLoss()(logits, mask).double(), exact, rtol=1e-5, atol=0)
