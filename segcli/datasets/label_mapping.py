"""From pixel values in a mask file to class indices."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.datasets.mask_file import lossy_format_of
from segcli.sample import IGNORE_INDEX, DataError

UNKNOWN = 254
VALUES = 2**16  # are looked up in a table; the few classes beyond, and those below 0, are searched for
SMALLEST, LARGEST = -(2**31), 2**32 - 1  # of masks of 32 bits

NAME_EVERY_VALUE = "Name every value in mask_values, e.g. {0: background, 255: object}, or list it in ignore_values."


class LabelMapping:
    """Look up the class index of every pixel; nothing passes that was not named.

    Args:
        indices: Pixel value, of up to 32 bits, to class index, 0 to 253. Several values may share a class.
        ignore_values: Pixel values that no loss and no metric sees; -1 is one of masks with a sign.
        advice: What to do about a value that was not named.
        others: What a value that was not named becomes; None refuses it.
        shown: Writes a value as experiments do; None for numbers.

    Raises:
        DataError: If a value is out of range, or both a class and ignored.
    """

    def __init__(
        self,
        indices: Mapping[int, int],
        ignore_values: Sequence[int] = (),
        advice: str = NAME_EVERY_VALUE,
        others: int | None = None,
        shown: Callable[[int], str] | None = None,
    ) -> None:
        self.advice, self.others, self._shown = advice, others, shown or str
        self._are_numbers = shown is None
        both = sorted(set(indices) & set(ignore_values))
        if both:
            named = ", ".join(map(self._shown, both))
            raise DataError(f"mask values [{named}] are both a class and in ignore_values; name each once.")
        odd = [value for value in (*indices, *ignore_values) if not SMALLEST <= value <= LARGEST]
        if odd:
            raise DataError(f"mask values got {odd}, expected {SMALLEST} to {LARGEST}.")
        if max(indices.values(), default=0) >= UNKNOWN:
            raise DataError(f"masks got {max(indices.values()) + 1} classes, expected at most {UNKNOWN}.")
        self.table = np.full(VALUES, UNKNOWN, np.uint8)
        self.named = {**indices, **dict.fromkeys(ignore_values, IGNORE_INDEX)}
        for value, index in self.named.items():
            if 0 <= value < VALUES:
                self.table[value] = index
        self._beyond = {value: index for value, index in self.named.items() if not 0 <= value < VALUES}

    def __call__(self, values: NDArray[np.integer], path: str) -> NDArray[np.uint8]:
        """Map ``(H, W)`` pixel values to ``(H, W)`` class indices and ``IGNORE_INDEX``.

        Args:
            values: Integers of any type.
            path: File to name in an error.

        Raises:
            DataError: If a value was not named; says which, how many pixels, and what to do.
        """
        indices = self._look_up(values)
        unknown = indices == UNKNOWN
        if unknown.any() and self.others is None:
            self._refuse(values[unknown], path)
        elif self.others is not None:
            indices[unknown] = self.others
        return indices

    def __repr__(self) -> str:
        """Return what every value stands for."""
        others = "" if self.others is None else f", others {self.others}"
        return f"LabelMapping({sorted(self.named.items())}{others})"

    def _look_up(self, values: NDArray[np.integer]) -> NDArray[np.uint8]:
        if values.dtype.kind == "i" or values.dtype.itemsize > 2:
            return self._search(values)
        if values.dtype != np.uint8:
            return np.take(self.table, values)
        return np.asarray(cv2.LUT(values, self.table[:256]), np.uint8)  # 3 times faster than take

    def _search(self, values: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Look up values of any range."""
        outside = (values < 0) | (values >= VALUES)
        indices = np.take(self.table, np.where(outside, 0, values))
        indices[outside] = UNKNOWN
        for value, index in self._beyond.items():
            indices[values == value] = index
        return indices

    def _refuse(self, strangers: NDArray[np.integer], path: str) -> None:
        values, counts = np.unique(strangers, return_counts=True)
        most = sorted(zip(counts.tolist(), values.tolist(), strict=True), reverse=True)
        shown = ", ".join(f"{self._shown(value)} ({count} pixels)" for count, value in most[:5])
        more = f" and {len(most) - 5} more" if len(most) > 5 else ""
        named = sorted(self.named)
        is_range = self._are_numbers and len(named) == named[-1] - named[0] + 1 > 2
        known = f"{named[0]} to {named[-1]}" if is_range else f"[{', '.join(map(self._shown, named))}]"
        name = lossy_format_of(Path(path))
        lossy = "" if name is None else f"\n  {name} changes values near edges: save masks as PNG."
        raise DataError(f"{path} has mask value {shown}{more}, expected {known}.\n  {self.advice}{lossy}")
