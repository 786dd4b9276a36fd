"""Expected calibration error (Guo et al., 2017), https://arxiv.org/abs/1706.04599, equations 2 to 5.

Pixels fall into bins of equal width by the confidence of their prediction; the error is the mean over pixels of the
difference between the mean confidence of their bin and the share of it that is right. It is taken over all pixels of
the data set, not per image.
"""

import numpy as np
import torch

from segcli.metrics.base import Floats, ImageMetric
from segcli.metrics.evaluated import Evaluated
from segcli.sample import IGNORE_INDEX


class ExpectedCalibrationError(ImageMetric):
    """Mean difference between confidence and accuracy, 0 to 1, lower is better: ``val/ece``.

    The confidence is the probability of what is predicted: of the likeliest class; with a sigmoid, of yes or of no. In
    a multilabel task every pair of pixel and class counts. Ignored pixels do not; there is no score per class. It costs
    about 20 times the confusion counts of a validation (12 classes at 360 x 480, one core), softmax included.

    Args:
        bins: Of equal width, from 0 to 1.
        name: Under which it is logged; null for ``ece``.
        group: Whether results have the score of every group of images (``data.group``) too.

    Raises:
        ValueError: If ``bins`` is below 1.
    """

    name = "ece"
    higher_is_better = False
    title = "ECE"

    def __init__(self, bins: int = 15, name: str | None = None, group: bool = False) -> None:
        super().__init__(name, group)
        if bins < 1:
            raise ValueError(f"ExpectedCalibrationError got {bins} bins, expected at least 1; 15 is usual.")
        self.bins = bins

    def rows(self, batch: Evaluated) -> Floats:
        """Return pixels, and right ones less the sum of confidences in each bin, ``(B, 1, 1 + bins)``."""
        values, mask = batch.probabilities, batch.mask
        if values.device.type == "mps":  # has no float64
            values, mask = values.cpu(), mask.cpu()
        is_softmax = not batch.multilabel and values.shape[1] > 1
        confidence = values.amax(dim=1) if is_softmax else torch.maximum(values, 1 - values).view(mask.shape)
        right = batch.prediction.to(mask.device) == mask
        found = np.zeros((len(mask), 1, 1 + self.bins))
        for image, is_counted in enumerate(mask != IGNORE_INDEX):
            of_image = confidence[image][is_counted].double()
            place = (of_image * self.bins).ceil().long().sub_(1).clamp_(0, self.bins - 1)
            sums = torch.zeros(self.bins, dtype=torch.float64, device=mask.device)
            sums.index_add_(0, place, right[image][is_counted].double() - of_image)
            found[image, 0, 0], found[image, 0, 1:] = of_image.numel(), sums.cpu().numpy()
        return found
