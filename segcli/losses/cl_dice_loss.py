"""Centre line Dice loss (Shit et al., 2021), https://arxiv.org/abs/2003.07311, section 3.

With S(.) the soft skeleton, p the probability of a class and t the truth, 0 or 1: the topological precision is
sum(S(p) t) / sum(S(p)), the topological sensitivity sum(S(t) p) / sum(S(t)), and the loss of a class is one minus their
harmonic mean. As in the authors' code, ``smooth`` is added above and below both lines.
"""

from typing import Literal

import torch
from torch import Tensor

from segcli.losses.base import sigmoid_mask
from segcli.losses.class_mean_loss import ClassLosses, ClassMeanLoss
from segcli.losses.region_loss import LARGEST_SMOOTH, bounded_ratio
from segcli.losses.region_sums import region_counts
from segcli.losses.soft_skeleton import soft_skeleton
from segcli.losses.summed_loss import Sums
from segcli.sample import IGNORE_INDEX


class ClDiceLoss(ClassMeanLoss):
    """Average, over classes, one minus how far centre lines lie within the other's region, of prediction and truth.

    For thin, connected structures such as vessels, membranes and roads. It sees no widths, so it is used beside another
    loss, such as Dice (in the paper, each with weight 0.5), as a term of WeightedSum. For the binary task the
    foreground is the only class; for the multilabel task each label is a class. Memory grows with ``iterations``.

    Args:
        iterations: Steps of thinning, from 0 to 1000: as many as the largest radius of a structure in px.
        smooth: Pixels added above and below both lines, from 0 up.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with a loss of 0 where nothing of it is predicted, towards 1
            where much is; that needs ``smooth`` above 0, else the loss is 1 whatever is predicted.
        class_weights: Weights of the classes in the mean, as of DiceLoss.

    Raises:
        ValueError: If an argument is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        iterations: int = 10,
        smooth: float = 1.0,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__(per_image, absent, class_weights)
        if not 0 <= iterations <= 1000:
            raise ValueError(f"ClDiceLoss got iterations {iterations}, expected 0 to 1000; 10 is usual.")
        if not 0 <= smooth <= LARGEST_SMOOTH:
            raise ValueError(
                f"ClDiceLoss got smooth {smooth}, expected 0 or more, at most {LARGEST_SMOOTH:g}; 1.0 is usual."
            )
        self.iterations, self.smooth = iterations, smooth

    @property
    def needs_neighbours(self) -> bool:
        """Return that it does."""
        return True

    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return sum(S(p) t), sum(S(p)), sum(S(t) p), sum(S(t)), and the pixels that are true and not ignored."""
        labels, scores = sigmoid_mask(logits, mask), logits.float()
        if labels is None:
            predicted, truth = scores.softmax(dim=1), mask.unsqueeze(1)
            true = truth == torch.arange(logits.shape[1], device=mask.device).view(-1, 1, 1)
        else:
            predicted, truth = scores.sigmoid(), labels
            true = truth == 1
        valid = truth != IGNORE_INDEX
        line = soft_skeleton(predicted, valid, self.iterations)
        true_line = soft_skeleton(true.float(), valid, self.iterations)
        products = (line * true, line, true_line * torch.where(valid, predicted, 0), true_line)
        return *(each.sum(dim=(2, 3)) for each in products), *region_counts(mask, logits.shape[1])

    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map the sums to one minus the harmonic mean of precision and sensitivity."""
        within_truth, line, within_prediction, true_line, true, seen = sums
        precision = bounded_ratio(within_truth + self.smooth, line + self.smooth)
        sensitivity = bounded_ratio(within_prediction + self.smooth, true_line + self.smooth)
        return ClassLosses(1 - bounded_ratio(2 * precision * sensitivity, precision + sensitivity), true, seen)
