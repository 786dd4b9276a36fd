"""Gradients of several batches, and of several devices, are those of one batch on one device."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from segcli.losses import step_loss
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.step_loss import StepLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.prediction import DensePrediction, PointPrediction
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, dense
from tests.losses.test_dense_criterion import Data, Mean, cut, data, whole, with_extra

SIZES = ([2, 2, 2], [1, 5], [3, 3], [6])


def predicted(batch: Data) -> tuple[DensePrediction, Tensor]:
    return dense(batch[0]), batch[1]


def gradient(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, mask: Tensor) -> Tensor:
    return torch.autograd.grad(loss(logits, mask), logits)[0]


def accumulated(loss: Loss, logits: Tensor, mask: Tensor, sizes: Sequence[int], divisor: int) -> Tensor:
    """The gradient as the trainer adds it up."""
    parts, step = DenseCriterion(loss), StepLoss()
    batches = list(cut((logits, mask), sizes))
    step.begin(parts, [each for _, each in batches], logits.shape[1], len(batches))
    values = [step(parts, parts.sums(*predicted(batch)), i, len(batches), divisor) for i, batch in enumerate(batches)]
    for value, batch in zip(values, batches, strict=True):
        torch.testing.assert_close(value, loss(*batch))
    return sum(torch.autograd.grad(value / divisor, logits)[0] for value in values)  # type: ignore[return-value]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sizes", SIZES)
def test_accumulated_gradients_are_those_of_one_batch(form: str, sizes: list[int]) -> None:
    both = data(form)
    for loss in whole(form):
        if not DenseCriterion(loss).of_large_batches():
            for divisor in {len(sizes), 4}:  # the last step of an epoch may have fewer batches
                found = accumulated(loss, *both, sizes, divisor)
                torch.testing.assert_close(found, gradient(loss, *both), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss", [DiceLoss(), LovaszLoss(), Mean()])
def test_of_other_losses_the_mean_over_batches_is_taken(loss: Loss) -> None:
    logits, mask = data("binary")
    batches = list(cut((logits, mask), [2, 4]))
    mean = (2 * loss(*batches[0]) + 4 * loss(*batches[1])) / 6

    torch.testing.assert_close(accumulated(loss, logits, mask, [2, 4], 2), torch.autograd.grad(mean, logits)[0])


def test_a_sum_accumulates_exactly_as_far_as_its_terms_do() -> None:
    logits, mask = data("multiclass")
    pixels, region = CrossEntropyLoss(), DiceLoss()

    found = accumulated(WeightedSum([pixels, region], [0.5, 2.0]), logits, mask, [3, 3], 2)

    expected = 0.5 * gradient(pixels, logits, mask) + 2 * accumulated(region, logits, mask, [3, 3], 2)
    torch.testing.assert_close(found, expected)


def test_without_the_masks_to_come_each_batch_weighs_the_same() -> None:
    logits, mask = data("binary")
    parts, step, loss = DenseCriterion(CrossEntropyLoss()), StepLoss(), CrossEntropyLoss()
    assert not step.knows(2)
    step.begin(parts, [mask[:3]], 1, batches=2)
    assert step.knows(2)

    found = step(parts, parts.sums(dense(logits[:3]), mask[:3]), 0, 2, 2)

    torch.testing.assert_close(
        torch.autograd.grad(found, logits), torch.autograd.grad(loss(logits[:3], mask[:3]), logits)
    )


def test_one_batch_on_one_device_is_the_loss_itself() -> None:
    both = data("multiclass")
    for loss in [*whole("multiclass"), LovaszLoss()]:
        parts = DenseCriterion(loss)
        found = StepLoss()(parts, parts.sums(*predicted(both)))
        assert torch.equal(found, loss(*both))
        assert torch.equal(torch.autograd.grad(found, both[0])[0], gradient(loss, *both))


def test_a_step_without_a_pixel_that_counts_has_no_gradient() -> None:
    logits, mask = data("multiclass")
    ignored = torch.full_like(mask, IGNORE_INDEX)
    loss = WeightedSum([CrossEntropyLoss(), FocalLoss(), DiceLoss(per_image=True)])

    assert (accumulated(loss, logits, ignored, [2, 4], 2) == 0).all()


class Device:
    """One of two devices: it is told what the other has said, which is nothing at first."""

    def __init__(self, told: list[Tensor]) -> None:
        self.told, self.said = told, list[Tensor]()

    def over_devices(self, numbers: Tensor) -> Tensor:
        self.said.append(numbers.clone())
        return numbers + self.told[len(self.said) - 1] if self.told else numbers

    def gradient(self, loss: Loss, own: list[Data], logits: Tensor) -> Tensor:
        parts, step, count = DenseCriterion(loss), StepLoss(), len(own)
        if count > 1:
            step.begin(parts, [mask for _, mask in own], logits.shape[1], count)
        losses = [step(parts, parts.sums(*predicted(batch)), i, count, count) for i, batch in enumerate(own)]
        return torch.stack([torch.autograd.grad(value / count, logits)[0] for value in losses]).sum(dim=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sizes", [[3, 3], [1, 2, 1, 2]])
def test_gradients_averaged_over_devices_are_those_of_one(
    form: str, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, mask = data(form)
    batches = list(cut((logits, mask), sizes))
    of_rank = batches[::2], batches[1::2]
    monkeypatch.setattr(step_loss, "num_devices", lambda: 2)
    for loss in whole(form):
        if len(sizes) > 2 and DenseCriterion(loss).of_large_batches():
            continue
        told: tuple[list[Tensor], list[Tensor]] = ([], [])
        for _ in ("say", "hear"):
            devices = [Device(told[1 - rank]) for rank in (0, 1)]
            gradients = []
            for device, own in zip(devices, of_rank, strict=True):
                monkeypatch.setattr(step_loss, "_over_devices", device.over_devices)
                gradients.append(device.gradient(loss, own, logits))
            told = devices[0].said, devices[1].said

        torch.testing.assert_close(
            (gradients[0] + gradients[1]) / 2, gradient(loss, logits, mask), rtol=1e-5, atol=1e-8
        )


def test_batches_of_a_step_with_extra_predictions_are_those_of_one_batch() -> None:
    logits, mask = data("multiclass")
    criterion, step = DenseCriterion(CrossEntropyLoss(), 0.4), StepLoss()
    step.begin(criterion, [mask[:2], mask[2:]], logits.shape[1], 2)

    parts = [
        step(criterion, criterion.sums(with_extra(logits[some], 2), mask[some]), i, 2, 2)
        for i, some in enumerate((slice(2), slice(2, None)))
    ]

    whole_step = criterion.combine(criterion.values(criterion.sums(with_extra(logits, 2), mask)))
    found = torch.autograd.grad(sum(parts) / 2, logits)  # type: ignore[arg-type]
    torch.testing.assert_close(found, torch.autograd.grad(whole_step, logits))


def test_points_of_a_step_are_those_of_one_batch_where_no_pixel_is_ignored() -> None:
    logits, mask = torch.randn(6, 4, 5, requires_grad=True), torch.randint(4, (6, 8, 8), dtype=torch.uint8)
    points, criterion, step = torch.rand(6, 5, 2), DenseCriterion(CrossEntropyLoss(), 1.0), StepLoss()

    def predicted_at(some: slice) -> DensePrediction:
        low = torch.zeros(len(mask[some]), 4, 2, 2)
        found = DensePrediction(low, (8, 8))
        found.extra = (PointPrediction(logits[some], points[some], low, (8, 8)),)
        return found

    step.begin(criterion, [mask[:2], mask[2:]], 4, 2)
    parts = [
        step(criterion, criterion.sums(predicted_at(some), mask[some]), i, 2, 2)
        for i, some in enumerate((slice(2), slice(2, None)))
    ]

    whole_step = criterion.combine(criterion.values(criterion.sums(predicted_at(slice(None)), mask)))
    found = torch.autograd.grad(sum(parts) / 2, logits)  # type: ignore[arg-type]
    torch.testing.assert_close(found, torch.autograd.grad(whole_step, logits))
