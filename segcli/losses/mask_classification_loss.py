"""The loss of predicted masks: Mask2Former (Cheng et al., 2022), https://arxiv.org/abs/2112.01527, section 3.3.

Each class of an image is assigned to the query that fits it best (DETR's matching); this query is to predict the class
and its mask, all others that they are nothing. Masks are compared at points only (section 3.3.3), most of them where
the prediction is uncertain.

Deviations: the label of a point is that of its pixel, where the authors interpolate masks; a predicted mask goes on
beyond its outermost pixels' centres as in a resize, where theirs falls to 0. Ignored pixels have no
weight at any point, so that they are no negatives, and an image of ignored pixels alone has no loss. In evaluation
the points are the same for all images, so that its loss repeats however they are cut into batches.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.layers.full_precision import full_precision
from segcli.layers.point_samples import labels_at, random_points, uncertain_points, values_at
from segcli.losses.criterion import Criterion
from segcli.losses.mask_matching import Matches, mask_costs, matched
from segcli.losses.summed_loss import Sums
from segcli.prediction import MaskPrediction, Prediction, padded_mask
from segcli.sample import IGNORE_INDEX

_NO_CLASS = 254


class MaskClassificationLoss(nn.Module, Criterion):
    """Compare masks and classes of queries with the classes of an image; for heads such as Mask2Former and EoMT.

    The value is ``class_weight`` times the cross entropy of the queries' classes plus ``mask_weight`` times that of
    the masks plus ``dice_weight`` times their Dice loss, added up over the layers that predict.

    It takes no class_weights: each class of an image counts once, however many pixels it has. Of queries that are
    nothing, which are most, ``no_object_weight`` is the weight.

    Args:
        class_weight: Factor of the cross entropy of classes, from 0 up; also in the matching.
        mask_weight: Factor of the cross entropy of masks, from 0 up; also in the matching.
        dice_weight: Factor of the Dice loss of masks, from 0 up; also in the matching.
        no_object_weight: Weight of queries that are nothing in the cross entropy of classes, from 0 up.
        points: At which a mask is compared.
        oversample: How many times as many points are drawn, of which the least certain are taken, at least 1.
        uncertain: Share of points taken for being uncertain, 0 to 1.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        class_weight: float = 2.0,
        mask_weight: float = 5.0,
        dice_weight: float = 5.0,
        no_object_weight: float = 0.1,
        points: int = 12544,
        oversample: float = 3.0,
        uncertain: float = 0.75,
    ) -> None:
        super().__init__()
        self.weighting = class_weight, mask_weight, dice_weight
        if min(*self.weighting, no_object_weight) < 0:
            raise ValueError(
                f"MaskClassificationLoss got weights {[*self.weighting, no_object_weight]}, expected numbers from 0 up."
            )
        if points < 1 or oversample < 1 or not 0 <= uncertain <= 1:
            raise ValueError(
                f"MaskClassificationLoss got points {points}, oversample {oversample} and uncertain {uncertain}, "
                "expected at least 1, at least 1, and a share; 12544, 3 and 0.75 are usual."
            )
        self.no_object_weight, self.points = no_object_weight, points
        self.oversample, self.uncertain = oversample, uncertain
        self._queries = 0

    @property
    def names(self) -> Sequence[str]:
        """Names of the three parts."""
        return "class", "mask", "dice"

    @property
    def averages(self) -> Sequence[str]:
        """What the value of each part for a split is the mean of."""
        return "queries, weighted", "classes of images", "classes of images"

    def mismatch(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a prediction cannot be compared, and what to do; empty if it can be."""
        if not isinstance(prediction, MaskPrediction):
            return (
                "MaskClassificationLoss compares masks of queries, which the decoder does not predict; choose one that "
                "does, such as Mask2Former, or another loss, such as CrossEntropyLoss"
            )
        if multilabel:
            return "MaskClassificationLoss needs one class per pixel; choose another decoder and loss for multilabel"
        return ""

    def sums(self, prediction: Prediction, mask: Tensor) -> list[Sums]:
        """Map a prediction of masks and a ``(B, H, W)`` mask to sums over layers, and what they are divided by."""
        assert isinstance(prediction, MaskPrediction)
        layers = [prediction, *prediction.extra]
        target = self._target(prediction, mask)
        generator = None if self.training else torch.Generator().manual_seed(0)
        with full_precision(prediction.masks):  # costs of matching differ by little
            totals = torch.stack([self._of_layer(layer, target, generator) for layer in layers]).sum(dim=0)
        self._queries = prediction.masks.shape[1]
        by_class, by_mask = self.weigh(mask, prediction.num_outputs)[:2]
        return list(zip(totals, (by_class, by_mask, by_mask), strict=True))

    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        """Map sums, of one batch or of many, to the mean of each part over queries or masks; 0 where there is none."""
        return [total / torch.where(weight > 0, weight, 1) for total, weight in sums]

    def combine(self, values: Sequence[Tensor]) -> Tensor:
        """Map the three parts to their weighted sum, a scalar."""
        return sum((w * value for w, value in zip(self.weighting, values, strict=True)), start=values[0].new_zeros(()))

    def weigh(self, mask: Tensor, channels: int) -> Sequence[Tensor]:
        """Return the weights of all queries of the batch, and twice the number of classes in its images."""
        counts = _counts(_truth(mask, channels))
        matches = (counts[:, :channels] > 0).sum(dim=1).clamp(max=self._queries).sum()
        queries = self._queries * (counts[:, :IGNORE_INDEX].sum(dim=1) > 0).sum()
        return matches + self.no_object_weight * (queries - matches), matches, matches

    def _target(self, prediction: MaskPrediction, mask: Tensor) -> "_Target":
        truth = padded_mask(_truth(mask, prediction.num_outputs), prediction.size)
        counts = _counts(truth)
        is_there = (counts[:, : prediction.num_outputs] > 0).tolist()
        labels = [[label for label, found in enumerate(row) if found] for row in is_there]
        return _Target(truth, labels, counts[:, :IGNORE_INDEX].sum(dim=1) > 0)

    def _of_layer(self, layer: Prediction, target: "_Target", generator: torch.Generator | None) -> Tensor:
        """Return the totals of the three parts, ``(3,)``."""
        assert isinstance(layer, MaskPrediction)
        masks, classes = layer.masks.float(), layer.classes.float()
        matches = self._matches(masks, classes, target, generator)
        by_mask = self._mask_totals(masks[matches.image, matches.query], matches, target, generator)
        return torch.stack([self._class_total(classes, matches, target), *by_mask])

    @torch.no_grad()
    def _matches(self, masks: Tensor, classes: Tensor, target: "_Target", generator: torch.Generator | None) -> Matches:
        points = random_points(len(masks), self.points, masks.device, generator)
        found = labels_at(target.truth, points, torch.arange(len(masks), device=masks.device))
        costs = []
        for logits, p, at, known in zip(
            values_at(masks, points), classes.softmax(-1), found, target.labels, strict=True
        ):
            labels = torch.tensor(known, dtype=torch.long, device=masks.device)
            pixels, dice = mask_costs(logits, (at == labels[:, None]).float(), (at != IGNORE_INDEX).float())
            by_class, by_mask, by_dice = self.weighting
            costs.append(by_mask * pixels + by_dice * dice - by_class * p[:, labels])
        return matched(costs, target.labels)

    def _class_total(self, classes: Tensor, matches: Matches, target: "_Target") -> Tensor:
        nothing = classes.shape[-1] - 1
        wanted = torch.full(classes.shape[:2], nothing, device=classes.device)
        wanted[matches.image, matches.query] = matches.label
        weights = classes.new_ones(nothing + 1)
        weights[nothing] = self.no_object_weight
        losses = F.cross_entropy(classes.transpose(1, 2), wanted, weights, reduction="none")
        return torch.where(target.seen[:, None], losses, 0).sum()

    def _mask_totals(
        self, masks: Tensor, matches: Matches, target: "_Target", generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Return cross entropy and Dice loss of the ``(N, h, w)`` masks that are matched, each added up over them."""
        masks = masks[:, None]
        if not len(masks):
            return masks.sum(), masks.sum()
        points = uncertain_points(masks.detach(), self.points, self.oversample, self.uncertain, generator)
        logits, at = values_at(masks, points)[:, 0], labels_at(target.truth, points, matches.image)
        weight, is_true = (at != IGNORE_INDEX).float(), (at == matches.label[:, None]).float()
        pixels = F.binary_cross_entropy_with_logits(logits, is_true, weight, reduction="none").sum(dim=1)
        p = logits.sigmoid() * weight
        dice = 1 - (2 * (p * is_true).sum(dim=1) + 1) / (p.sum(dim=1) + is_true.sum(dim=1) + 1)
        return (pixels / weight.sum(dim=1).clamp(min=1)).sum(), dice.sum()


class _Target(NamedTuple):
    """What is true of a batch.

    Attributes:
        truth: ``(B, H, W)`` uint8, as large as what was predicted: indices of classes, or what is none.
        labels: Of each image, the classes that it holds.
        seen: ``(B,)``, whether an image has a pixel that is not ignored.
    """

    truth: Tensor
    labels: list[list[int]]
    seen: Tensor


def _truth(mask: Tensor, channels: int) -> Tensor:
    """Return indices of classes; of the binary task the foreground is the first, and the background no class."""
    if channels > 1:
        return mask
    return torch.where(mask == 1, 0, torch.where(mask == 0, _NO_CLASS, IGNORE_INDEX)).to(torch.uint8)


def _counts(truth: Tensor) -> Tensor:
    """Map a ``(B, H, W)`` uint8 mask to the ``(B, 256)`` numbers of pixels that have each value."""
    values = IGNORE_INDEX + 1
    place = torch.arange(len(truth), device=truth.device).view(-1, 1, 1) * values
    return (truth.long() + place).flatten().bincount(minlength=len(truth) * values).view(-1, values)
