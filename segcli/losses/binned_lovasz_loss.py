"""Lovasz-softmax and Lovasz hinge without a sort: an approximation of :mod:`segcli.losses.lovasz_loss`.

Errors are counted in bins of equal width, and only the order of bins is known. Of the T true pixels of a class, f, and
of the others b, have errors in higher bins than the t true and o other ones of a bin. Within a bin they are taken to
be evenly mixed: with a share s of the bin passed, 1 - IoU is 1 - (T - f - s t) / (T + b + s o). A true pixel of the
bin then adds, on average over s, the mean of 1 / (T + b + s o), another one that of (T - f - s t) / (T + b + s o)^2.
These are integrals in closed form, and add up to what the bin adds to 1 - IoU. They are exact where a bin holds one
pixel, and errors themselves are not rounded.

The hinge, which has no upper end, is binned by m / (1 + m).
"""

from typing import Literal

import torch
from torch import Tensor

from segcli.losses.class_mean_loss import ClassLosses, ClassMeanLoss
from segcli.losses.lovasz_loss import class_errors
from segcli.losses.summed_loss import Sums

MOST_BINS = 1 << 20


class BinnedLovaszLoss(ClassMeanLoss):
    """Average, over classes, an approximation of LovaszLoss that sorts no pixels.

    Counts of pixels add up, so that, unlike that of LovaszLoss, the value over a whole split and the gradient over
    several devices do not depend on batches.

    Args:
        bins: Of the errors of pixels, 1 to 2^20; more are closer to LovaszLoss, and take more memory per class.
        per_image: Whether each image is scored for itself, then all pairs of image and class averaged, instead of the
            batch as a whole.
        absent: What a class without a true pixel does. ``skip``: it is left out of the mean, so that a prediction of
            it costs nothing here. ``count``: it stays, with the mean error of the highest bin as its loss.
        class_weights: Weights of the classes in the mean, as of DiceLoss.

    Raises:
        ValueError: If ``bins`` or a weight is out of range, or, at the first use, if there is not one weight per class.
    """

    def __init__(
        self,
        bins: int = 1024,
        per_image: bool = False,
        absent: Literal["skip", "count"] = "skip",
        class_weights: list[float] | Literal["balanced", "median_frequency", "enet", "effective_number"] | None = None,
    ) -> None:
        super().__init__(per_image, absent, class_weights)
        if not 1 <= bins <= MOST_BINS:
            raise ValueError(f"BinnedLovaszLoss got bins {bins}, expected 1 to {MOST_BINS}; 1024 is usual.")
        self.bins = bins

    def image_sums(self, logits: Tensor, mask: Tensor) -> Sums:
        """Return counts and summed errors of the pixels in each bin, ``(B, K, 2, bins)``, and the region counts.

        Of the two rows, the first is of pixels that are not of the class, the second of those that are.
        """
        bounded = mask.ndim == 3 and logits.shape[1] > 1
        found = [self._binned(bounded, *each) for each in class_errors(logits.float(), mask)]
        counts, errors = (torch.stack(each, dim=1) for each in zip(*found, strict=True))
        both = counts.sum(dim=3)
        return counts, errors, both[..., 1], both.sum(dim=2)

    def class_losses(self, sums: Sums) -> ClassLosses:
        """Map the sums to errors times what they add to 1 - IoU."""
        counts, errors, true, seen = sums
        slopes = _slopes(*counts.to(errors.dtype).unbind(dim=2))
        return ClassLosses((errors * torch.stack(slopes, dim=2)).sum(dim=(2, 3)).float(), true, seen)

    def _binned(self, bounded: bool, error: Tensor, true: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Map errors, and which pixels are true and not ignored, ``(B, N)``, to ``(B, 2, bins)`` counts and errors."""
        batch, cells = len(error), 2 * self.bins
        share = error.detach() if bounded else error.detach() / (1 + error.detach())
        place = (share.clamp(max=1) * self.bins).long().clamp_(0, self.bins - 1)
        place += true * self.bins + torch.arange(batch, device=error.device).view(-1, 1) * cells
        place = torch.where(seen, place, batch * cells).flatten()
        counts = torch.bincount(place, minlength=batch * cells + 1)
        exact = torch.float64 if error.device.type != "mps" else torch.float32
        errors = torch.zeros(batch * cells + 1, dtype=exact, device=error.device)
        errors = errors.scatter_add(0, place, torch.where(seen, error, 0).flatten().to(exact))
        return counts[:-1].view(batch, 2, -1), errors[:-1].view(batch, 2, -1)


def _slopes(other: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """Map the pixels in each bin, ``(G, K, bins)``, to what one that is not of the class, and one that is, adds."""
    total = true.sum(dim=2, keepdim=True)
    hits, misses = (each.flip(2).cumsum(2).flip(2) - each for each in (true, other))
    union = total + misses
    x = other / union.clamp(min=1)
    # means over s of 1 / (1 + s x), s / (1 + s x)^2; the second is the difference of almost equal numbers for small x
    first = torch.where(x > 0, torch.log1p(x) / torch.where(x > 0, x, 1), 1)
    series = x * (x * 0.75 - 2 / 3) + 0.5
    second = torch.where(x > 1e-4, (first - 1 / (1 + x)) / torch.where(x > 1e-4, x, 1), series)
    of_other = ((total - hits) / (1 + x) - true * second) / union.clamp(min=1).square()
    first_wrong = (union == 0) & (other > 0)  # without a true pixel, the highest bin takes 1 - IoU to 1
    return torch.where(first_wrong, 1 / other.clamp(min=1), of_other), first / union.clamp(min=1)
