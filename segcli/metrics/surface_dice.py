"""Surface Dice at a tolerance (Nikolov et al., 2018), https://arxiv.org/abs/1809.04430, section 2.3.

The share of both surfaces that lies within a tolerance of the other. Surfaces are pixels, all of one size, as in MONAI;
the authors' code weighs them by the length of the contour in them. The paper has no ignored pixels, see
:mod:`segcli.metrics.surfaces`.
"""

import numpy as np

from segcli.metrics.base import Floats, ImageMetric
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.surfaces import dilated, surface


class SurfaceDice(ImageMetric):
    """Share of the surfaces that agree within a tolerance, 0 to 1, higher is better: ``val/surface_dice``.

    Of each class it is the mean over the images that hold the class in truth or prediction; 0 for an image that holds
    it in one of them alone. Classes that no image holds are left out of the mean. It costs about 10 times the confusion
    counts of a validation (12 classes at 360 x 480, one core).

    Args:
        tolerance_px: Distance up to which surfaces agree, in pixels.
        name: Under which it is logged; null for ``surface_dice``.
        group: Whether results have the score of every group of images (``data.group``) too.

    Raises:
        ValueError: If ``tolerance_px`` is negative.
    """

    name = "surface_dice"
    class_name = "surface_dice"
    higher_is_better = True
    title = "surface Dice"

    def __init__(self, tolerance_px: float = 2.0, name: str | None = None, group: bool = False) -> None:
        super().__init__(name, group)
        if not tolerance_px >= 0:
            raise ValueError(f"SurfaceDice got tolerance_px {tolerance_px}, expected 0 or more; 2 is usual.")
        self.tolerance_px = tolerance_px

    def rows(self, batch: Evaluated) -> Floats:
        """Return 1 and the score of each image and class that has a surface, ``(B, K, 2)``."""
        found = np.zeros((len(batch.paths), batch.num_classes, 2))
        reach = int(self.tolerance_px)
        steps = np.arange(-reach, reach + 1)
        disk = (steps[:, None] ** 2 + steps**2 <= self.tolerance_px**2).astype(np.uint8)
        for image, label, truth, predicted, ignored in batch.regions():
            surfaces = [surface(region, ignored) for region in (truth, predicted)]
            size = sum(map(np.count_nonzero, surfaces))
            if size:
                near = [dilated(each, disk) for each in surfaces[::-1]]
                within = sum(np.count_nonzero(each & other) for each, other in zip(surfaces, near, strict=True))
                found[image, label] = 1, within / size
        return found
