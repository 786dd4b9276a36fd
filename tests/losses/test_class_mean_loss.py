"""Class weights and the mean over classes, for every loss that has them."""

import pytest
import torch
from torch import Tensor

from segcli.losses.cl_dice_loss import ClDiceLoss
from segcli.losses.class_mean_loss import ClassLosses, ClassMeanLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.mcc_loss import MCCLoss
from segcli.losses.region_sums import region_counts
from segcli.losses.summed_loss import Sums
from segcli.losses.tversky_loss import TverskyLoss
from tests.losses.data import FORMS, batch
from tests.losses.test_dense_criterion import weights

KINDS = (ClDiceLoss, DiceLoss, JaccardLoss, MCCLoss, TverskyLoss)


class Share(ClassMeanLoss):
    """The share of pixels that are not of a class."""

    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        return region_counts(mask, logits.shape[1])

    def class_losses(self, sums: Sums) -> ClassLosses:
        true, seen = sums
        return ClassLosses(1 - true / seen, true, seen)


def test_a_loss_is_the_weighted_mean_over_classes_or_over_pairs_of_image_and_class() -> None:
    logits, mask = torch.zeros(2, 3, 1, 4), torch.tensor([[[0, 0, 1, 255]], [[1, 1, 1, 1]]], dtype=torch.uint8)

    # of 7 pixels, 2 are of the first class and 5 of the second
    assert Share(False, "skip")(logits, mask).item() == pytest.approx((5 / 7 + 2 / 7) / 2)
    assert Share(False, "count")(logits, mask).item() == pytest.approx((5 / 7 + 2 / 7 + 1) / 3)
    assert Share(False, "skip", [3.0, 1.0, 9.0])(logits, mask).item() == pytest.approx((3 * 5 / 7 + 2 / 7) / 4)
    assert Share(True, "skip", [3.0, 1.0, 9.0])(logits, mask).item() == pytest.approx((3 * 1 / 3 + 2 / 3 + 0) / 5)
    assert Share(True, "skip", [3.0, 1.0, 9.0]).weight(mask, 3) == 5
    assert Share(False, "skip", [3.0, 1.0, 9.0]).weight(mask, 3) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("form", ["multiclass", "multilabel"])
def test_a_class_with_the_only_weight_is_the_only_one(kind: type[DiceLoss], per_image: bool, form: str) -> None:
    logits, mask = batch(form)
    alone = [kind(per_image=per_image, class_weights=[float(k == label) for k in range(4)]) for label in (0, 1, 3)]

    both = kind(per_image=per_image, class_weights=[2.0, 0.0, 7.0, 1.0])(logits, mask)

    losses = torch.stack([loss(logits, mask) for loss in alone])
    counts = torch.stack([loss.weight(mask, 4) if per_image else torch.tensor(1) for loss in alone])
    shares = torch.tensor([2.0, 0.0, 1.0]) * counts
    torch.testing.assert_close(both, (losses * shares).sum() / shares.sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_equal_weights_change_nothing(kind: type[DiceLoss], form: str) -> None:
    logits, mask = batch(form)
    equal = [2.5] * len(weights(form))

    torch.testing.assert_close(kind(class_weights=equal)(logits, mask), kind()(logits, mask))


def test_of_the_binary_task_only_the_foreground_weighs() -> None:
    logits, mask = batch("binary")

    torch.testing.assert_close(DiceLoss(class_weights=[5.0, 0.2])(logits, mask), DiceLoss()(logits, mask))
    assert DiceLoss(class_weights=[1.0, 0.0])(logits, mask) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_weights_must_fit(kind: type[DiceLoss]) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__} got 3 class_weights, expected 4, one per class"):
        kind(class_weights=[1.0] * 3)(*batch("multiclass"))


def test_what_is_averaged_says_that_it_is_weighted() -> None:
    assert Share(True, "skip").averages == "pairs of image and class"
    assert Share(False, "skip", [1.0]).averages == (
        "classes, each scored over all pixels of the split, weighted by class_weights"
    )
