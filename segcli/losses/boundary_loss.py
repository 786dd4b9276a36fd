"""Boundary loss (Kervadec et al., 2019), https://arxiv.org/abs/1812.07032, equations 4 and 5.

The sum over pixels of phi p, with p the probability of a class and phi the distance from its true boundary, negative
inside. Equation 5 leaves out the constant of equation 4, the sum of phi t, with t the truth, 0 or 1; here it stays.
Gradients are the same, and the sum becomes that of |phi| |p - t|, which is 0 for the truth instead of below 0.

The authors' code puts the boundary on the outermost pixels of a region. Here it runs between pixels, so that it is the
same for both classes it divides, and so that these pixels have a gradient.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from segcli.datasets.mask_targets import MaskTargets, TargetFunction, Targets
from segcli.datasets.signed_distance import signed_distances
from segcli.losses.base import sigmoid_mask
from segcli.losses.class_weights import ClassWeights
from segcli.losses.mean_loss import MeanLoss
from segcli.losses.region_sums import region_counts
from segcli.losses.summed_loss import Sums
from segcli.sample import IGNORE_INDEX

_DISTANCE = "signed_distance"
_FIRST_SHARE = 0.01


class BoundaryLoss(MeanLoss):
    """Average how far from the boundary of its class probability is in the wrong place.

    The mean is over pairs of class and pixel that are not ignored, of classes with a boundary in the image; one that is
    absent from it, or fills it, counts nothing there. For the binary task the foreground is the only class.

    Far from the boundary it sees no small errors and near it no large ones, so it is used beside another loss, such as
    Dice (in the paper, generalised Dice), as a term of WeightedSum.

    Distances are found on the CPU by the workers that load images: set ``data.num_workers``. With 0, with a data module
    of your own, ``model.loss_at``, or weights in half precision they are found in the step, which then takes several
    times as long. Of each image they take the memory of its logits, in every batch that is loaded ahead.

    Args:
        normalise: Whether distances are shares of the diagonal of an image (of what is not ignored of it), 0 to 1,
            instead of pixels. The paper has pixels, with a weight of 0.01 beside the other loss.
        rises: Whether it counts by a share that grows evenly over the training, from 0.01 to 1, so that the other loss
            finds the regions first; the paper raises its weight by 0.01 after each epoch. Evaluation counts it whole.
        class_weights: Weights of the classes in the mean, as of DiceLoss: those of their pairs.

    Raises:
        ValueError: If a weight is out of range, or, at the first use, if there is not one weight per class.
    """

    progress: Tensor | None

    def __init__(
        self,
        normalise: bool = True,
        rises: bool = False,
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__()
        self.class_weights = ClassWeights("BoundaryLoss", class_weights)
        self.normalise = normalise
        self.register_buffer("progress", torch.tensor(0.0) if rises else None, persistent=False)

    @property
    def averages(self) -> str:
        """What the value for a split is the mean of."""
        weighted = "" if self.class_weights.values is None else ", weighted by class_weights"
        return f"pairs of class and pixel that is not ignored, of classes with a boundary in the image{weighted}"

    @property
    def needs_neighbours(self) -> bool:
        """Return that it does."""
        return True

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        """Distances, ``(B, K, H, W)`` px."""
        return {_DISTANCE: signed_distances}

    def sums(self, logits: Tensor, mask: Tensor, targets: Targets | None = None) -> Sums:
        """Map ``(B, K, H, W)`` logits, a ``(B, H, W)`` or ``(B, K, H, W)`` mask and its targets to the two sums."""
        return self.total(logits, mask, targets), self.weight(mask, logits.shape[1])

    def total(self, logits: Tensor, mask: Tensor, targets: Targets | None = None) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to the float32 sum over pairs."""
        labels = sigmoid_mask(logits, mask)
        self.class_weights.check(logits.shape[1], multilabel=mask.ndim == logits.ndim)
        scores = logits.float()
        probability = scores.softmax(dim=1) if labels is None else scores.sigmoid()
        distance = MaskTargets(self.mask_targets, logits.shape[1]).completed(mask, targets)[_DISTANCE]
        if distance.shape != logits.shape:
            raise ValueError(
                f"BoundaryLoss got {_DISTANCE} of shape {tuple(distance.shape)} in the batch's targets, expected that "
                f"of the logits, {tuple(logits.shape)}; leave it out, and it is computed."
            )
        found = (distance * (probability - (distance < 0).float())).sum(dim=(2, 3))  # |phi| |p - t|
        if self.normalise:
            found = found / _diagonals(mask.unsqueeze(1) if labels is None else labels)
        weights = self.class_weights.of_channels(logits.shape[1], logits.device)
        found = (found if weights is None else found * weights).sum()
        if self.progress is None or not self.training:
            return found
        return found * (_FIRST_SHARE + (1 - _FIRST_SHARE) * self.progress)

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        """Return the number of pairs that count, or the sum of their weights."""
        true, seen = region_counts(mask, channels)
        pairs = torch.where((true > 0) & (true < seen), seen, 0)
        weights = self.class_weights.of_channels(channels, mask.device)
        return (pairs if weights is None else pairs * weights).sum()


def _diagonals(mask: Tensor) -> Tensor:
    """Map a ``(B, L, H, W)`` mask to the ``(B, L)`` diagonals in px of what is not ignored, at least 1."""
    valid = mask != IGNORE_INDEX
    sides = []
    for seen in (valid.any(dim=3), valid.any(dim=2)):
        place = torch.arange(seen.shape[-1], dtype=torch.float32, device=mask.device)
        last, first = torch.where(seen, place, -1).amax(dim=2), torch.where(seen, place, len(place)).amin(dim=2)
        sides.append((last - first + 1).clamp(min=1))
    return torch.hypot(*sides)
