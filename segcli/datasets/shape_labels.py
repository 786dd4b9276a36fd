"""From the shapes in the file of an image to its labels."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from segcli.config.errors import did_you_mean
from segcli.datasets.pairing import few
from segcli.datasets.record import MaskFile
from segcli.datasets.record_labels import Labels, RecordLabels
from segcli.datasets.shapes import read_shapes
from segcli.sample import IGNORE_INDEX, DataError


class ShapeLabels(RecordLabels):
    """Draw shapes, later ones over earlier ones; pixels in none are of the first class.

    Args:
        indices: What files call a class, to its index.
        ignored: What files call objects that no loss and no metric sees.
        others: Index of all other objects, or ``IGNORE_INDEX``; None refuses them.
        unmarked: What pixels in no shape are: an index, or ``IGNORE_INDEX``; None for the first class, of which no
            shape may be then.
        missing: Class of all pixels of an image without a file; None where every image has one.
    """

    has_size = False

    def __init__(
        self,
        indices: Mapping[str, int],
        ignored: Collection[str] = (),
        others: int | None = None,
        unmarked: int | None = None,
        missing: int | None = None,
    ) -> None:
        super().__init__()
        self._indices = {**indices, **dict.fromkeys(ignored, IGNORE_INDEX)}
        self._others, self._unmarked, self._missing = others, unmarked, missing

    def read(self, path: Path, size: tuple[int, int] | None, data: bytes | None = None) -> Labels:
        """Return the class index of every pixel, ``(H, W)``."""
        assert size is not None
        labels = np.full(size, self._unmarked or 0, np.uint8)
        for shape in read_shapes(path, size, data):
            index = IGNORE_INDEX if shape.is_crowd else self._indices.get(shape.label, self._others)
            if index is None:
                raise DataError(
                    f"{path} has an object {shape.label!r}{did_you_mean(shape.label, self._indices)}, expected "
                    f"{few(list(self._indices))}.\n  Name it in data.mask_values, or in data.ignore_values."
                )
            if index == 0 and self._unmarked is None:
                raise DataError(
                    f"{path} has an object {shape.label!r}, which is of the first class, as all pixels in no object "
                    "are.\n  Set data.other_values to what these are: ignore, or a class."
                )
            try:
                drawn = shape.draw(size)
            except ValueError as error:
                raise DataError(f"{path} holds {error}; correct it.") from None
            labels.T[drawn.T] = index  # in the order of columns, in which COCO's library draws
        return labels

    def combined(self, files: Sequence[MaskFile], labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        """Return ``(H, W)`` class indices."""
        if not labels:
            assert self._missing is not None
            return np.full(size, self._missing, np.uint8)
        return labels[-1]

    def __repr__(self) -> str:
        """Return what objects stand for."""
        how = f"others {self._others}, unmarked {self._unmarked}, missing {self._missing}"
        return f"shapes {sorted(self._indices.items())}, {how}"
