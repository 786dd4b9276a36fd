"""Boundary IoU (Cheng et al., 2021), https://arxiv.org/abs/2103.16562.

The IoU of the bands along the inside of the boundaries of truth and prediction: of pixels that are right in the middle
of a large object, it takes no notice. As mIoU here, and other than in the paper, which scores single objects, bands are
counted over the whole data set, per class. Ignored pixels are neither inside nor outside of a region: they are not
counted, and make no boundary. What lies beyond the image is outside, as in the authors' code.
"""

import math

import numpy as np

from segcli.metrics.base import Floats, ImageMetric
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.surfaces import inner_boundary


class BoundaryIoU(ImageMetric):
    """IoU of the bands along the boundaries of each class, 0 to 1, higher is better: ``val/boundary_iou``.

    Classes in neither truth nor prediction are left out of the mean. It costs about 7 times the confusion counts of a
    validation (12 classes at 360 x 480, one core).

    Args:
        width: Of the bands, as a share of the image's diagonal; at least one pixel.
        name: Under which it is logged; null for ``boundary_iou``.
        group: Whether results have the score of every group of images (``data.group``) too.

    Raises:
        ValueError: If ``width`` is not between 0 and 1.
    """

    name = "boundary_iou"
    class_name = "boundary_iou"
    higher_is_better = True
    title = "boundary IoU"

    def __init__(self, width: float = 0.02, name: str | None = None, group: bool = False) -> None:
        super().__init__(name, group)
        if not 0 < width < 1:
            raise ValueError(
                f"BoundaryIoU got width {width}, expected a share of the image's diagonal above 0 and below 1; 0.02 is "
                "usual."
            )
        self.width = width

    def rows(self, batch: Evaluated) -> Floats:
        """Return pixels in either band and in both, ``(B, K, 2)``."""
        found = np.zeros((len(batch.paths), batch.num_classes, 2))
        height, width = batch.mask.shape[-2:]
        distance_px = max(1, round(self.width * math.hypot(height, width)))
        kernel = np.ones((2 * distance_px + 1,) * 2, np.uint8)
        for image, label, truth, predicted, ignored in batch.regions():
            bands = [inner_boundary(region, ignored, kernel) for region in (truth, predicted)]
            both = np.count_nonzero(bands[0] & bands[1])
            found[image, label] = np.count_nonzero(bands[0] | bands[1]), both
        return found
