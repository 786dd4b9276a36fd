"""A file of which every sample is a part: a scene that is read in windows, a volume that is read in slices."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_SHIFT = 0.1
"""Pixels by which two grids may lie apart: files round what they state."""
At = tuple[range | int, ...]
"""Where a part lies, by axis, as NumPy indexes arrays: a range; one number on the axis that slices lie along."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a file lie in the world.

    Attributes:
        affine: From indices by axis to coordinates, row by row of a square matrix; None where the file does not say it.
        crs: System of the coordinates, as text; None where the file does not say it.
    """

    affine: tuple[tuple[float, ...], ...] | None = None
    crs: str | None = None

    def differs(self, other: "Grid", shape: tuple[int, ...]) -> str | None:
        """Return how another grid contradicts this one, in words; None where it does not.

        Args:
            other: What one file says and the other does not is no contradiction.
            shape: Of both files.
        """
        if self.crs is not None and other.crs is not None and self.crs != other.crs:
            return f"their coordinates are of {self.crs} and of {other.crs}"
        if self.affine is None or other.affine is None:
            return None
        corners = np.array([(*corner, 1) for corner in product(*((0, length) for length in shape))], float).T
        own, others = np.array(self.affine), np.array(other.affine)
        try:
            shift = np.abs(np.linalg.solve(own, others @ corners) - corners).max()
        except np.linalg.LinAlgError:
            return "the first states a transform that has no inverse"
        return None if shift <= _MOST_SHIFT else f"their pixels lie up to {shift:.4g} pixels apart"


class PartedFile(ABC):
    """An opened file.

    Attributes:
        shape: Lengths of the axes along which parts are cut: height and width, or those of a volume.
        channels: Number of channels, C.
        dtype: Of the values that :meth:`pixels` gives.
        grid: Where its pixels lie.
        nodata: The value that says that there is nothing; None where the file names none.
        has_alpha: Whether the last channel is how opaque a pixel is.
        has_palette: Whether values are numbers of colours.
        orientation: Of a body, towards where its axes lead, such as RAS; None where that is not known.
    """

    shape: tuple[int, ...]
    channels: int
    dtype: np.dtype[Any]
    grid: Grid
    nodata: float | None = None
    has_alpha: bool = False
    has_palette: bool = False
    orientation: str | None = None

    @abstractmethod
    def pixels(self, at: At) -> NDArray[Any]:
        """Return the ``(H, W, C)`` values of a part.

        Args:
            at: Where it lies.

        Raises:
            DataError: If the file is at fault there.
        """

    def are_valid(self, at: At, pixels: NDArray[Any]) -> NDArray[np.bool_]:
        """Return ``(H, W)``, where a part holds something.

        Args:
            at: Where it lies.
            pixels: What :meth:`pixels` gave of it.
        """
        if pixels.dtype.kind != "f":
            return np.ones(pixels.shape[:2], bool)
        return np.isfinite(pixels).all(axis=-1)
