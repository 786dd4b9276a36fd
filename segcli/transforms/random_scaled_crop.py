"""Random scale and random crop in one resize of only the pixels that are kept.

The distribution is that of ``RandomScale -> PadIfNeeded -> RandomCrop``, which resizes the whole image and throws
most of it away. Deviations: the window in the source has whole pixels, so scale and offset are rounded by less than
one source pixel; the mask is resized by nearest neighbour about pixel centres, as bilinear interpolation is, where
albumentations shifts it by up to half a pixel.
"""

from typing import Any, NamedTuple

import albumentations as A
import cv2
import numpy as np
from albumentations.core.type_definitions import Targets
from numpy.typing import NDArray

MASK_FILL = 255  # the project's IGNORE_INDEX; transforms know nothing of samples


class Axis(NamedTuple):
    """Where one axis of the crop comes from, in pixels.

    Attributes:
        start: First source pixel of the window.
        length: Source pixels in the window.
        before: Crop pixels of padding before the window.
        inside: Crop pixels that the resized window fills.
        crop: Pixels of the crop.
    """

    start: int
    length: int
    before: int
    inside: int
    crop: int


class RandomScaledCrop(A.DualTransform):  # type: ignore[misc] # albumentations has no stubs
    """Scale the image by a random factor and cut a random window of fixed size out of it.

    Where the scaled image is smaller than the crop, it stands in the middle; the image is filled with 0 and the mask
    with 255, which no loss and no metric sees. Works for any number of channels.

    Args:
        size: Height and width of the crop in pixels; one number for a square.
        scale: Smallest and largest factor; drawn uniformly.
        p: Probability of applying it; below 1 the images of a batch may differ in size.

    Raises:
        ValueError: If ``size`` or ``scale`` is not positive, or ``scale`` is not ascending.
    """

    _targets = (Targets.IMAGE, Targets.MASK)

    def __init__(self, size: int | tuple[int, int], scale: tuple[float, float] = (0.5, 2.0), p: float = 1.0) -> None:
        super().__init__(p=p)
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < 1:
            raise ValueError(f"RandomScaledCrop got size {size}, expected pixels > 0.")
        low, high = scale
        if not 0 < low <= high:
            raise ValueError(f"RandomScaledCrop got scale {scale}, expected 0 < smallest <= largest.")
        self.size, self.scale = (height, width), (low, high)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw the window for an image of ``params["shape"]``, ``(H, W)`` or ``(H, W, C)``."""
        factor = self.py_random.uniform(*self.scale)
        source = params["shape"][:2]
        rows, columns = (self._window(full, crop, factor) for full, crop in zip(source, self.size, strict=True))
        return {"rows": rows, "columns": columns, "factor": factor}

    def _window(self, full: int, crop: int, factor: float) -> Axis:
        scaled = max(1, int(full * factor))
        inside = min(crop, scaled)
        length = full if scaled <= crop else max(1, min(full, round(crop * full / scaled)))
        return Axis(self.py_random.randint(0, full - length), length, (crop - inside) // 2, inside, crop)

    def apply(self, img: NDArray[Any], rows: Axis, columns: Axis, **params: Any) -> NDArray[Any]:  # noqa: ANN401
        """Map an ``(H, W)`` or ``(H, W, C)`` image to the crop, bilinear, padded with 0."""
        return _cut(img, rows, columns, cv2.INTER_LINEAR, 0)

    def apply_to_mask(self, mask: NDArray[Any], rows: Axis, columns: Axis, **params: Any) -> NDArray[Any]:  # noqa: ANN401
        """Map an ``(H, W)`` mask to the crop, nearest neighbour, padded with 255."""
        return _cut(mask, rows, columns, cv2.INTER_NEAREST_EXACT, MASK_FILL)


def _cut(array: NDArray[Any], rows: Axis, columns: Axis, interpolation: int, fill: int) -> NDArray[Any]:
    window = array[rows.start : rows.start + rows.length, columns.start : columns.start + columns.length]
    inside, crop = (rows.inside, columns.inside), (rows.crop, columns.crop)
    if window.shape[:2] != inside:
        window = cv2.resize(window, inside[::-1], interpolation=interpolation)
    window = window.reshape(*inside, *array.shape[2:])  # cv2 drops a single channel
    if crop == inside:
        return window
    padded = np.full(crop + array.shape[2:], fill, array.dtype)
    padded[rows.before : rows.before + rows.inside, columns.before : columns.before + columns.inside] = window
    return padded
