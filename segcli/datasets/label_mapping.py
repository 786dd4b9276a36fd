"""From pixel values in a mask file to class indices."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.sample import IGNORE_INDEX, DataError

UNKNOWN = 254
VALUES = 2**16  # masks have at most 16 bits

NAME_EVERY_VALUE = "Name every value in mask_values, e.g. {0: background, 255: object}, or list it in ignore_values."


class LabelMapping:
    """Look up the class index of every pixel; nothing passes that was not named.

    Args:
        indices: Pixel value, 0 to 65535, to class index, 0 to 253. Several values may share a class.
        ignore_values: Pixel values that no loss and no metric sees.
        advice: What to do about a value that was not named.

    Raises:
        DataError: If a value is out of range, or both a class and ignored.
    """

    def __init__(
        self, indices: Mapping[int, int], ignore_values: Sequence[int] = (), advice: str = NAME_EVERY_VALUE
    ) -> None:
        self.advice = advice
        both = sorted(set(indices) & set(ignore_values))
        if both:
            raise DataError(f"mask values {both} are both a class and in ignore_values; name each once.")
        odd = [value for value in (*indices, *ignore_values) if not 0 <= value < VALUES]
        if odd:
            raise DataError(f"mask values got {odd}, expected 0 to {VALUES - 1}.")
        if max(indices.values(), default=0) >= UNKNOWN:
            raise DataError(f"masks got {max(indices.values()) + 1} classes, expected at most {UNKNOWN}.")
        self.table = np.full(VALUES, UNKNOWN, np.uint8)
        for value, index in indices.items():
            self.table[value] = index
        self.table[list(ignore_values)] = IGNORE_INDEX

    def __call__(self, values: NDArray[np.integer], path: str) -> NDArray[np.uint8]:
        """Map ``(H, W)`` pixel values to ``(H, W)`` class indices and ``IGNORE_INDEX``.

        Args:
            values: Integers of any type.
            path: File to name in an error.

        Raises:
            DataError: If a value was not named; says which, how many pixels, and what to do.
        """
        if values.dtype.itemsize > 2 and (values.min() < 0 or values.max() >= VALUES):
            self._refuse(values[(values < 0) | (values >= VALUES)], path)
        indices = self._look_up(values)
        unknown = indices == UNKNOWN
        if unknown.any():
            self._refuse(values[unknown], path)
        return indices

    def _look_up(self, values: NDArray[np.integer]) -> NDArray[np.uint8]:
        if values.dtype != np.uint8:
            return np.take(self.table, values)
        return np.asarray(cv2.LUT(values, self.table[:256]), np.uint8)  # 3 times faster than take

    def _refuse(self, strangers: NDArray[np.integer], path: str) -> None:
        values, counts = np.unique(strangers, return_counts=True)
        most = sorted(zip(counts.tolist(), values.tolist(), strict=True), reverse=True)
        shown = ", ".join(f"{value} ({count} pixels)" for count, value in most[:5])
        more = f" and {len(most) - 5} more" if len(most) > 5 else ""
        named = np.flatnonzero(self.table != UNKNOWN).tolist()
        known = f"{named[0]} to {named[-1]}" if len(named) == named[-1] - named[0] + 1 > 2 else str(named)
        lossy = (
            "\n  JPEG changes values near edges: save masks as PNG." if path.lower().endswith((".jpg", ".jpeg")) else ""
        )
        raise DataError(f"{path} has mask value {shown}{more}, expected {known}.\n  {self.advice}{lossy}")
