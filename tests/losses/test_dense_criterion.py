"""A loss of a whole split and of a whole optimizer step, however they are cut into batches."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcli.datasets.mask_targets import MaskTargets, TargetFunction, Targets
from segcli.losses.base import Loss
from segcli.losses.binned_lovasz_loss import BinnedLovaszLoss
from segcli.losses.boundary_loss import BoundaryLoss
from segcli.losses.cl_dice_loss import ClDiceLoss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.generalised_dice_loss import GeneralisedDiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.mcc_loss import MCCLoss
from segcli.losses.running_sums import RunningSums
from segcli.losses.summed_loss import SummedLoss, Sums
from segcli.losses.tversky_loss import TverskyLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.prediction import DensePrediction, PointPrediction, Prediction
from segcli.sample import IGNORE_INDEX, Batch
from tests.losses.data import FORMS, dense

CUTS = ([1] * 6, [2, 4], [5, 1], [6])
Data = tuple[Tensor, Tensor]


class Mean(Loss):
    """A loss of a user's own, without sums."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return logits[mask.view_as(logits) != IGNORE_INDEX].square().mean()


class Doubled(CrossEntropyLoss):
    """One that changes what a loss of ours returns, and not its sums."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return 2 * super().forward(logits, mask)


class Twice(WeightedSum):
    """The same of a sum."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return 2 * super().forward(logits, mask)


class Shifted(CrossEntropyLoss):
    """A loss with a target, which needs no neighbours; it keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Targets | None] = []

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        return {"shifted": shifted}

    def sums(self, logits: Tensor, mask: Tensor, targets: Targets | None = None) -> Sums:
        self.given.append(targets)
        return super().sums(logits, mask)


class ShiftedBack(Shifted):
    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        return {"shifted": shifted_back}


class OwnShifted(Shifted):
    """One that changes the loss, which targets do not reach."""

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return 2 * super().forward(logits, mask)


def shifted(mask: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    return mask + np.float32(channels)


def shifted_back(mask: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    return mask - np.float32(channels)


def weights(form: str) -> list[float]:
    return {"binary": [0.3, 2.0], "multiclass": [1.0, 0.2, 0.0, 3.0], "multilabel": [1.0, 0.2, 0.0, 3.0]}[form]


def whole(form: str) -> list[Loss]:
    """Losses whose value for a split does not depend on batches."""
    shares = [w / 4 for w in weights(form)]
    regions = [
        kind(smooth=s, per_image=p, absent=a)
        for kind in (DiceLoss, JaccardLoss, TverskyLoss)
        for s, p, a in ((1.0, False, "skip"), (0.0, True, "skip"), (1.0, True, "count"), (2.0, False, "count"))
    ]
    pixels: list[Loss] = [CrossEntropyLoss(), CrossEntropyLoss(weights(form), 0.1), FocalLoss(1.5, shares)]
    pixels.append(BoundaryLoss())
    regions.append(DiceLoss(class_weights=weights(form), label_smoothing=0.2))
    regions.append(TverskyLoss(per_image=True, class_weights=weights(form), gamma=0.75))
    images: list[Loss] = [LovaszLoss(per_image=True, absent=a) for a in ("skip", "count")]
    images += [
        kind(per_image=p)
        for kind in (BinnedLovaszLoss, ClDiceLoss, GeneralisedDiceLoss, MCCLoss)
        for p in (False, True)
    ]
    mixed = WeightedSum([CrossEntropyLoss(weights(form)), WeightedSum([FocalLoss(), DiceLoss()], [2.0, 0.1])], [0.5, 3])
    return [*pixels, *regions, *images, mixed]


def data(form: str) -> Data:
    """Six images, with unequal numbers of ignored pixels, one ignored altogether, classes that are rarely there."""
    torch.manual_seed(1)
    channels = 1 if form == "binary" else 4
    mask = torch.randint(2, (6, channels, 6, 10) if form == "multilabel" else (6, 6, 10), dtype=torch.uint8)
    for number in range(6):
        mask[number, ..., :number, :] = IGNORE_INDEX
    mask[1] = IGNORE_INDEX
    mask[4][mask[4] == 1] = 0 if form != "multiclass" else 3
    return torch.randn(6, channels, 6, 10, requires_grad=True), mask


def cut(both: Data, sizes: Sequence[int]) -> Iterator[Data]:
    yield from zip(both[0].split(list(sizes)), both[1].split(list(sizes)), strict=True)


def of_split(loss: Loss, both: Data, sizes: Sequence[int]) -> float:
    parts, sums = DenseCriterion(loss), RunningSums()
    for logits, mask in cut(both, sizes):
        sums.update(parts.sums(dense(logits), mask))
    return parts.combine(parts.values(sums.compute())).item()


@pytest.mark.parametrize("form", FORMS)
def test_the_loss_of_a_split_is_that_of_all_its_images_at_once(form: str) -> None:
    both = data(form)
    for loss in whole(form):
        found = [of_split(loss, both, sizes) for sizes in CUTS]

        assert found == pytest.approx([loss(*both).item()] * len(CUTS), rel=2e-6), loss
        assert DenseCriterion(loss).of_batches() == []


@pytest.mark.parametrize("loss", [Mean(), Doubled(), Twice([CrossEntropyLoss()]), LovaszLoss()])
def test_of_other_losses_it_is_the_mean_over_batches_by_images_and_said_to_be(loss: Loss) -> None:
    both = data("binary")
    logits, mask = both
    expected = (2 * loss(logits[:2], mask[:2]) + 4 * loss(logits[2:], mask[2:])) / 6

    assert of_split(loss, both, [2, 4]) == pytest.approx(expected.item(), rel=1e-6)
    parts = DenseCriterion(WeightedSum([CrossEntropyLoss(), loss]))
    name = type(loss).__name__
    assert parts.of_batches() == parts.of_large_batches() == [name]
    assert parts.definition(8) == [
        "CrossEntropyLoss: mean over pixels that are not ignored, of each label where there are several",
        f"{name}: mean over batches, each weighted by its images, of at most 8 (data.val_batch_size)",
    ]


def test_what_accumulates_exactly_is_known() -> None:
    exact = [CrossEntropyLoss(), FocalLoss(), DiceLoss(per_image=True), LovaszLoss(per_image=True)]
    assert DenseCriterion(WeightedSum(exact)).of_large_batches() == []
    assert DenseCriterion(WeightedSum([FocalLoss(), TverskyLoss(), LovaszLoss()])).of_large_batches() == [
        "TverskyLoss",
        "LovaszLoss",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_what_a_batch_weighs_follows_from_its_mask_alone(form: str) -> None:
    both = data(form)
    for loss in whole(form):
        for leaf in loss.leaves():
            if isinstance(leaf, SummedLoss) and leaf.accumulates:
                batches = list(cut(both, [2, 4]))
                values = torch.stack([leaf(*batch) for batch in batches])
                weight = torch.stack([leaf.weight(mask, logits.shape[1]).float() for logits, mask in batches])
                torch.testing.assert_close((values * weight).sum() / weight.sum(), leaf(*both), rtol=2e-6, atol=1e-7)


def with_extra(logits: Tensor, count: int) -> Prediction:
    prediction = dense(logits)
    prediction.extra = tuple(dense(logits * factor) for factor in range(2, 2 + count))
    return prediction


@pytest.mark.parametrize(("given", "weights"), [(0.4, [0.4, 0.4]), ([0.5, 0.25], [0.5, 0.25])])
def test_extra_predictions_are_compared_with_the_same_masks_and_weighted(
    given: list[float] | float, weights: list[float]
) -> None:
    logits, mask = data("multiclass")
    loss = WeightedSum([CrossEntropyLoss(), DiceLoss()], [1.0, 0.5])
    criterion = DenseCriterion(loss, given)

    found = criterion.combine(criterion.values(criterion.sums(with_extra(logits, 2), mask)))

    expected = loss(logits, mask) + sum(w * loss(logits * f, mask) for w, f in zip(weights, (2, 3), strict=True))
    torch.testing.assert_close(found, expected)
    assert criterion.refusal(with_extra(logits, 2)) == ""
    alone = criterion.combine(criterion.values(criterion.sums(dense(logits), mask)))
    torch.testing.assert_close(alone, loss(logits, mask))  # an evaluation has no extra predictions


@pytest.mark.parametrize(
    ("given", "count", "told"),
    [
        (None, 1, "set model.extra_loss_weight, such as 0.4"),
        ([0.4], 2, "got 1 weights, expected 2, one for each"),
        (0.4, 0, "the model has no extra predictions; set it to null"),
    ],
)
def test_weights_that_do_not_fit_the_extra_predictions_are_refused(
    given: list[float] | float | None, count: int, told: str
) -> None:
    logits, _ = data("multiclass")
    assert told in DenseCriterion(CrossEntropyLoss(), given).refusal(with_extra(logits, count))


def test_maps_are_compared_at_their_own_stride_where_that_is_asked_for() -> None:
    low, mask = torch.randn(2, 4, 3, 5), torch.randint(4, (2, 12, 20), dtype=torch.uint8)
    prediction, criterion = DensePrediction(low, (12, 20)), DenseCriterion(CrossEntropyLoss(), at_map=True)
    labels = mask[:, 2::4, 2::4]

    found = criterion.combine(criterion.values(criterion.sums(prediction, mask)))

    torch.testing.assert_close(found, CrossEntropyLoss()(low, labels))
    assert criterion.weigh(mask, 4)[0] == labels.numel()  # of the pixels that count
    assert criterion.definition(4) == [
        "CrossEntropyLoss: mean over pixels that are not ignored, of each label where there are several, at the stride "
        "of the map"
    ]


def test_at_maps_images_of_every_size_weigh_as_many_pixels_as_their_own_map_has() -> None:
    criterion = DenseCriterion(CrossEntropyLoss(), at_map=True)
    criterion.sums(DensePrediction(torch.randn(1, 3, 8, 8), (32, 32)), torch.zeros(1, 30, 32, dtype=torch.uint8))

    for height, width in ((32, 32), (64, 64), (16, 61), (1, 1)):
        (weight,) = criterion.weigh(torch.zeros(1, height, width, dtype=torch.uint8), 3)
        low = torch.randn(1, 3, -(-height // 4), -(-width // 4))
        prediction = DensePrediction(low, (4 * low.shape[2], 4 * low.shape[3]))
        ((_, seen),) = DenseCriterion(CrossEntropyLoss(), at_map=True).sums(
            prediction, torch.zeros(1, height, width, dtype=torch.uint8)
        )
        assert weight == seen, (height, width)


def test_extra_predictions_at_maps_and_points_do_not_accumulate_exactly() -> None:
    mask, low = torch.zeros(1, 8, 8, dtype=torch.uint8), torch.randn(1, 3, 8, 8)
    of_points = DenseCriterion(CrossEntropyLoss(), 1.0)
    points = PointPrediction(torch.randn(1, 3, 5), torch.rand(1, 5, 2), low, (8, 8))

    of_points.sums(DensePrediction(low, (8, 8), [points]), mask)

    assert of_points.of_large_batches() == ["CrossEntropyLoss"]
    assert DenseCriterion(CrossEntropyLoss(), 1.0, at_map=True).of_large_batches() == ["CrossEntropyLoss"]
    assert DenseCriterion(CrossEntropyLoss(), at_map=True).of_large_batches() == []


@pytest.mark.parametrize("loss", [BoundaryLoss(), ClDiceLoss(), WeightedSum([DiceLoss(), BoundaryLoss()])])
def test_points_without_neighbours_are_refused_by_losses_that_need_them(loss: Loss) -> None:
    points = PointPrediction(torch.zeros(1, 2, 5), torch.zeros(1, 5, 2), torch.zeros(1, 2, 4, 4), (16, 16))

    assert "compares neighbouring pixels" in DenseCriterion(loss).refusal(points)
    assert DenseCriterion(loss).refusal(DensePrediction(torch.zeros(1, 2, 4, 4), (16, 16))) == ""
    assert DenseCriterion(DiceLoss()).refusal(points) == ""


def with_targets(mask: Tensor, criterion: DenseCriterion, channels: int = 4) -> Batch:
    targets = MaskTargets(criterion.mask_targets, channels).completed(mask, None)
    return {"mask": mask, "targets": targets}  # type: ignore[return-value, typeddict-item]  # without images


def test_targets_reach_those_who_ask_of_every_prediction_of_the_whole_mask() -> None:
    logits, mask = data("multiclass")
    first, second = Shifted(), Shifted()
    criterion = DenseCriterion(WeightedSum([DiceLoss(), first, WeightedSum([second])]), 0.4)
    batch, prediction = with_targets(mask, criterion), with_extra(logits, 1)

    found = criterion.batch_sums(prediction, batch)

    assert list(criterion.mask_targets) == ["shifted"]
    assert first.given == second.given == [batch["targets"]] * 2
    for ours, expected in zip(found, criterion.sums(prediction, mask), strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=0)
    assert first.given[2:] == [None, None]


def test_targets_of_the_whole_mask_are_kept_from_what_is_compared_with_a_part_of_it() -> None:
    mask = torch.randint(4, (2, 12, 20), dtype=torch.uint8)
    low, at = DensePrediction(torch.randn(2, 4, 3, 5), (12, 20)), torch.rand(2, 7, 2)
    points = PointPrediction(torch.randn(2, 4, 7), at, low.map, (12, 20))
    for loss, at_map, prediction in [(Shifted(), True, low), (Shifted(), False, points)]:
        criterion = DenseCriterion(loss, at_map=at_map)
        criterion.batch_sums(prediction, with_targets(mask, DenseCriterion(Shifted())))
        assert loss.given == [None]
        assert bool(criterion.mask_targets) != at_map


def test_a_loss_with_a_forward_of_its_own_asks_for_nothing() -> None:
    logits, mask = data("multiclass")
    for loss in (OwnShifted(), Twice([Shifted()])):
        criterion = DenseCriterion(loss)
        assert not criterion.mask_targets
        batch = with_targets(mask, DenseCriterion(Shifted()))
        torch.testing.assert_close(criterion.values(criterion.batch_sums(dense(logits), batch))[0], loss(logits, mask))


def test_one_name_of_two_targets_is_an_error() -> None:
    assert list(DenseCriterion(WeightedSum([Shifted(), Shifted()])).mask_targets) == ["shifted"]
    with pytest.raises(ValueError, match=r"ShiftedBack got 'shifted' among its mask_targets.*rename one"):
        DenseCriterion(WeightedSum([Shifted(), ShiftedBack()]))
