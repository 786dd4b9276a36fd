"""Against plain loops at all pixels, and what ignored pixels and batches do to it."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.mask_classification_loss import MaskClassificationLoss
from segcli.losses.running_sums import RunningSums
from segcli.prediction import MaskPrediction
from tests.losses.data import dense

SIZE = (8, 8)


def _prediction(images: int, classes: int = 3, queries: int = 4, layers: int = 1) -> MaskPrediction:
    first, *others = (
        MaskPrediction(
            torch.randn(images, queries, 8, 8, requires_grad=True),
            torch.randn(images, queries, classes + 1, requires_grad=True),
            SIZE,
        )
        for _ in range(layers)
    )
    first.extra = tuple(others)
    return first


def _value(criterion: MaskClassificationLoss, prediction: MaskPrediction, mask: Tensor) -> Tensor:
    return criterion.combine(criterion.values(criterion.sums(prediction, mask)))


def _at_all_pixels(prediction: MaskPrediction, mask: Tensor, smooth: float) -> Tensor:
    """The loss with every pixel as a point, and the matching by trying all; ``smooth`` pixels are one point."""
    classes, masks, dices, weights, number = [], [], [], [], 0
    for z, c, truth in zip(prediction.masks, prediction.classes, mask, strict=True):
        seen = truth != 255
        known = [k for k in range(c.shape[1] - 1) if (truth == k).any()]
        pairs = {
            (q, k): (
                F.binary_cross_entropy_with_logits(z[q][seen], (truth == k)[seen].float()),
                1
                - (2 * (z[q].sigmoid()[seen] * (truth == k)[seen]).sum() + smooth)
                / (z[q].sigmoid()[seen].sum() + (truth == k).sum() + smooth),
            )
            for q in range(len(z))
            for k in known
        }
        p = c.softmax(-1)
        best = min(
            itertools.permutations(range(len(z)), len(known)),
            key=lambda some: sum(
                -2 * p[q, k] + 5 * pairs[q, k][0] + 5 * pairs[q, k][1] for q, k in zip(some, known, strict=True)
            ).item(),
        )
        of_query = dict(zip(best, known, strict=True))
        for q in range(len(z)):
            label = of_query.get(q, c.shape[1] - 1)
            weight = 1.0 if q in of_query else 0.1
            classes.append(-weight * c[q].log_softmax(-1)[label])
            weights.append(weight)
        for q, k in of_query.items():
            masks.append(pairs[q, k][0])
            dices.append(pairs[q, k][1])
            number += 1
    return 2 * sum(classes) / sum(weights) + 5 * sum(masks) / number + 5 * sum(dices) / number


def test_with_many_points_it_comes_near_to_that_of_all_pixels() -> None:
    torch.manual_seed(0)
    prediction, mask = _prediction(3), torch.randint(3, (3, *SIZE), dtype=torch.uint8)
    mask[0, :3] = 255
    criterion = MaskClassificationLoss(points=40_000, oversample=1, uncertain=0.0)

    # of an even map interpolation changes nothing
    prediction.masks = prediction.masks.mean(dim=(2, 3), keepdim=True).expand(-1, -1, 8, 8)

    assert _value(criterion, prediction, mask).item() == pytest.approx(
        _at_all_pixels(prediction, mask, smooth=64 / 40_000).item(), rel=5e-3
    )


def test_what_is_predicted_under_ignored_pixels_does_not_matter() -> None:
    torch.manual_seed(0)
    prediction, mask = _prediction(2), torch.randint(3, (2, *SIZE), dtype=torch.uint8)
    mask[:, :, 4:] = 255
    criterion = MaskClassificationLoss(points=500).eval()

    _value(criterion, prediction, mask).backward()

    grad = prediction.masks.grad
    assert grad is not None
    assert grad[..., 5:].abs().sum() == 0  # the fifth column is interpolated with the fourth
    assert grad[..., :4].abs().sum() > 0


def test_a_class_of_ignored_pixels_alone_is_no_target_and_an_ignored_image_has_no_loss() -> None:
    torch.manual_seed(0)
    prediction, mask = _prediction(2), torch.zeros(2, *SIZE, dtype=torch.uint8)
    mask[1] = 255
    criterion = MaskClassificationLoss(points=100)

    _value(criterion, prediction, mask).backward()

    for each in (prediction.masks, prediction.classes):
        assert each.grad is not None
        assert each.grad[0].abs().sum() > 0
        assert each.grad[1].abs().sum() == 0


def test_of_ignored_images_alone_it_is_a_zero_with_a_gradient() -> None:
    prediction = _prediction(2)
    value = _value(MaskClassificationLoss(points=50), prediction, torch.full((2, *SIZE), 255, dtype=torch.uint8))
    value.backward()
    assert value == 0
    assert prediction.masks.grad is not None
    assert prediction.masks.grad.abs().sum() == 0


def test_layers_add_up_and_evaluations_repeat() -> None:
    torch.manual_seed(0)
    prediction, mask = _prediction(2, layers=3), torch.randint(3, (2, *SIZE), dtype=torch.uint8)
    criterion = MaskClassificationLoss(points=2000).eval()
    alone = [
        MaskPrediction(each.masks, each.classes, SIZE)  # type: ignore[attr-defined]  # of masks
        for each in (prediction, *prediction.extra)
    ]

    value = _value(criterion, prediction, mask)

    assert _value(criterion, prediction, mask) == value
    assert value.item() == pytest.approx(sum(_value(criterion, each, mask).item() for each in alone), rel=0.02)


def test_padding_counts_as_ignored() -> None:
    torch.manual_seed(0)
    prediction, mask = _prediction(1), torch.randint(3, (1, 8, 4), dtype=torch.uint8)
    wide = torch.cat([mask, torch.full((1, 8, 4), 255, dtype=torch.uint8)], dim=2)
    criterion = MaskClassificationLoss(points=300).eval()
    assert _value(criterion, prediction, mask) == _value(criterion, prediction, wide)


def test_the_foreground_is_the_only_class_of_a_binary_task() -> None:
    torch.manual_seed(0)
    criterion = MaskClassificationLoss(points=300).eval()
    mask = torch.randint(2, (2, *SIZE), dtype=torch.uint8)
    mask[:, 0] = 255
    prediction = _prediction(2, classes=1)
    other = torch.where(mask == 1, 0, torch.where(mask == 0, 1, mask))  # as a class of two, the second never asked for
    assert _value(criterion, prediction, mask).isfinite()
    assert criterion.weigh(mask, 1)[1] == 2
    assert criterion.weigh(other, 2)[1] == 4


def test_the_loss_of_a_split_and_accumulated_steps_follow_from_weights_of_masks() -> None:
    torch.manual_seed(0)
    criterion, mask = MaskClassificationLoss(points=200).eval(), torch.randint(3, (4, *SIZE), dtype=torch.uint8)
    mask[:2][mask[:2] == 1] = 0
    prediction, added, values, weights = _prediction(4), RunningSums(), [], []
    for some in (slice(1), slice(1, 4)):
        part = MaskPrediction(prediction.masks[some], prediction.classes[some], SIZE)
        sums = criterion.sums(part, mask[some])
        added.update(sums)
        values.append(torch.stack(criterion.values(sums)))
        weights.append(criterion.weights(mask[some], 3))

    mean = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)

    assert criterion.mean(added) == pytest.approx(criterion.combine(list(mean)).item(), rel=1e-5)


def test_the_loss_of_a_split_does_not_depend_on_how_it_is_cut_into_batches() -> None:
    criterion, mask = MaskClassificationLoss(points=16).eval(), torch.randint(3, (3, *SIZE), dtype=torch.uint8)
    whole, added = _prediction(3), RunningSums()

    added.update(criterion.sums(whole, mask))
    one_by_one = RunningSums()
    for image in range(3):
        one = MaskPrediction(whole.masks[image : image + 1], whole.classes[image : image + 1], SIZE)
        one_by_one.update(criterion.sums(one, mask[image : image + 1]))

    assert criterion.mean(one_by_one) == pytest.approx(criterion.mean(added), rel=1e-6)


def test_mixed_precision_compares_masks_in_float32() -> None:
    criterion, mask = MaskClassificationLoss(points=64).eval(), torch.randint(3, (2, *SIZE), dtype=torch.uint8)
    torch.manual_seed(0)
    masks = torch.randn(2, 1, 8, 8) + 1e-3 * torch.randn(2, 20, 8, 8)  # alike, as after initialisation
    prediction = MaskPrediction(masks, torch.zeros(2, 20, 4), SIZE)

    expected = criterion.sums(prediction, mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = criterion.sums(prediction, mask)

    for one, other in zip(found, expected, strict=True):
        assert all(a.equal(b) for a, b in zip(one, other, strict=True))


def test_it_learns_the_masks_of_an_image() -> None:
    torch.manual_seed(0)
    mask = torch.zeros(1, *SIZE, dtype=torch.uint8)
    mask[:, :, 4:] = 2
    prediction = _prediction(1)
    criterion = MaskClassificationLoss(points=200)
    optimizer = torch.optim.Adam([prediction.masks, prediction.classes], lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        _value(criterion, prediction, mask).backward()
        optimizer.step()

    learnt = MaskPrediction(prediction.masks, prediction.classes, SIZE)
    assert torch.equal(learnt.logits(SIZE).argmax(dim=1), mask.long())


def test_predictions_and_losses_of_two_kinds_are_refused() -> None:
    masks, pixels = _prediction(1), dense(torch.zeros(1, 3, 8, 8))
    assert "set model.loss: MaskClassificationLoss" in DenseCriterion(CrossEntropyLoss()).refusal(masks)
    assert "choose one that does, such as Mask2Former" in MaskClassificationLoss().refusal(pixels)
    assert "one class per pixel" in MaskClassificationLoss().refusal(masks, multilabel=True)
    assert MaskClassificationLoss().refusal(masks) == ""


@pytest.mark.parametrize(
    "wrong",
    [{"class_weight": -1.0}, {"points": 0}, {"oversample": 0.5}, {"uncertain": 1.5}, {"no_object_weight": -0.1}],
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"MaskClassificationLoss got .* expected"):
        MaskClassificationLoss(**wrong)  # type: ignore[arg-type]  # as given
