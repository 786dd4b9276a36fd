"""Average precision: the area under the curve of precision over recall, every class against all others."""

import torch
from torch import Tensor

from segcli.metrics.base import Metric
from segcli.metrics.binned_average_precision import BinnedAveragePrecision
from segcli.metrics.evaluated import Evaluated


class AveragePrecision(Metric):
    """Average precision of each class over all pixels of the data set, 0 to 1, higher is better: ``val/mAP``.

    That of a class is logged as ``val/AP/<class>``; classes without a true pixel are left out of the mean, and of two
    classes in one sigmoid the first. Ignored pixels do not count. It has no values by image: intervals are of seeds
    only. It costs about 50 times the confusion counts of a validation (12 classes at 360 x 480, one core), softmax
    included, and 32 bytes per class and threshold.

    Args:
        thresholds: Evenly spaced from 0 to 1; more come closer to the area under the whole curve.

    Raises:
        ValueError: If ``thresholds`` is below 2.
    """

    name = "mAP"
    class_name = "AP"
    higher_is_better = True
    title = "mAP"
    class_title = "AP"
    of_sigmoids = True

    def __init__(self, thresholds: int = 100) -> None:
        super().__init__()
        self.thresholds = thresholds
        self.counts = BinnedAveragePrecision(1, thresholds)

    def begin(self, task: str, num_classes: int) -> None:
        """Make place for every class; with one sigmoid for two, for the second."""
        super().begin(task, num_classes)
        self.counts = BinnedAveragePrecision(1 if task == "binary" else num_classes, self.thresholds)

    def update(self, batch: Evaluated) -> None:
        """Add a batch."""
        self.counts.update(batch.probabilities, batch.mask)

    def compute(self) -> Tensor:
        """Return ``(K,)`` average precision; NaN for classes without one."""
        found = torch.full((self.num_classes,), torch.nan, dtype=torch.float64)
        values = self.counts.compute().cpu()
        found[-values.numel() :] = values
        return found

    def reset(self) -> None:
        """Forget everything added."""
        self.counts.reset()
