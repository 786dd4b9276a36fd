"""Confusion counts image by image, in a small file, so that statistics need no second inference. Torch-free."""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcli.disk import write_bytes
from segcli.runs.stored_files import StoredFileError

Counts = NDArray[np.int64]


KINDS = {"ids": ("U", 1), **dict.fromkeys(("shape", "image", "cell", "count"), ("iu", 1)), "epoch": ("iu", 0)}
GROUPED = {"groups": ("U", 1), "pattern": ("U", 0)}
"""Parts of the file, each with NumPy's letters of its type and its number of dimensions."""
MOST_CLASSES = 1 << 15
UNREADABLE = (
    *(OSError, ValueError, KeyError, EOFError, NotImplementedError, MemoryError, OverflowError, RuntimeError),
    *(SyntaxError, TypeError, AttributeError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What NumPy and zipfile raise for a damaged file."""


class CountsError(StoredFileError):
    """A file of counts cannot be read; the message says why."""


class ClassTerms(NamedTuple):
    """What IoU and Dice are made of, per image and class; sums over images give those of a data set.

    Attributes:
        right: ``(N, K)`` pixels of a class that are predicted as such.
        truth: ``(N, K)`` pixels of a class.
        predicted: ``(N, K)`` pixels predicted as a class.
        agreed: ``(N,)`` pixels, or pairs of pixel and class, that are right.
        counted: ``(N,)`` all of them.
    """

    right: Counts
    truth: Counts
    predicted: Counts
    agreed: Counts
    counted: Counts


@dataclass(frozen=True)
class ImageCounts:
    """The non-zero cells of every image's confusion matrix.

    Attributes:
        ids: Name of every image, N.
        shape: Of one image's counts: ``(K, K)``, truth by prediction, or ``(K, 2, 2)``, by class of a multilabel task.
        image: Position of the image, for every cell that is not zero.
        cell: Position in the flattened counts of the image.
        count: Pixels.
        epoch: Training epoch, from 1; 0 where there was none.
        groups: Which images belong together, by the pattern ``data.group``: a name for each; empty if it is not known.
        pattern: That pattern.
    """

    ids: tuple[str, ...]
    shape: tuple[int, ...]
    image: NDArray[np.uint32]
    cell: NDArray[np.uint32]
    count: Counts
    epoch: int = 0
    groups: tuple[str, ...] = ()
    pattern: str = ""

    @classmethod
    def of(
        cls, ids: Sequence[str], dense: Counts, epoch: int = 0, groups: Sequence[str] = (), pattern: str = ""
    ) -> "ImageCounts":
        """Keep what is not zero in ``(N, K, K)`` or ``(N, K, 2, 2)`` counts."""
        flat = dense.reshape(len(ids), -1)
        image, cell = np.nonzero(flat)
        parts = (image.astype(np.uint32), cell.astype(np.uint32), flat[image, cell].astype(np.int64))
        return cls(tuple(ids), dense.shape[1:], *parts, epoch, tuple(groups), pattern)

    @property
    def num_classes(self) -> int:
        """K."""
        return self.shape[0]

    @property
    def multilabel(self) -> bool:
        """Whether every class was counted by itself."""
        return len(self.shape) == 3

    def total(self) -> Counts:
        """Return the sum over all images, of :attr:`shape`."""
        sums = np.zeros(int(np.prod(self.shape)), np.int64)
        np.add.at(sums, self.cell, self.count)
        return sums.reshape(self.shape)

    def terms(self) -> ClassTerms:
        """Return what the scores of every image, and of any set of images, are made of."""
        number, classes = len(self.ids), self.num_classes
        if self.multilabel:
            label, truth, predicted = np.unravel_index(self.cell, self.shape)
            is_right, is_true, is_predicted = truth & predicted, truth, predicted
            row = column = label
            agreed = truth == predicted
        else:
            row, column = np.unravel_index(self.cell, self.shape)
            agreed = row == column
            is_right, is_true, is_predicted = agreed, np.ones_like(row), np.ones_like(row)

        def by_class(which: NDArray[np.integer], weight: NDArray[np.integer] | NDArray[np.bool_]) -> Counts:
            sums = np.zeros((number, classes), np.int64)
            np.add.at(sums, (self.image, which), self.count * weight)
            return sums

        def by_image(weight: NDArray[np.bool_] | int) -> Counts:
            sums = np.zeros(number, np.int64)
            np.add.at(sums, self.image, self.count * weight)
            return sums

        parts = by_class(row, is_right), by_class(row, is_true), by_class(column, is_predicted)
        return ClassTerms(*parts, by_image(agreed), by_image(1))

    def moved(self, other: "ImageCounts") -> int:
        """Return how many pixels, or pairs of pixel and class, are in another cell there.

        Raises:
            ValueError: If the images or the classes differ.
        """
        if (self.ids, self.shape) != (other.ids, other.shape):
            raise ValueError("the counts are of other images or classes; compare those of one split")
        size = int(np.prod(self.shape))
        cells = [each.image.astype(np.int64) * size + each.cell for each in (self, other)]
        places, where = np.unique(np.concatenate(cells), return_inverse=True)
        change = np.zeros(len(places), np.int64)
        np.add.at(change, where[: len(self.cell)], -self.count.astype(np.int64))
        np.add.at(change, where[len(self.cell) :], other.count.astype(np.int64))
        return int(np.abs(change).sum()) // 2

    def write(self, path: Path) -> None:
        """Write a compressed ``.npz``, whole or not at all: some 10 bytes for every cell that is not zero."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            ids=np.array(self.ids),
            shape=np.array(self.shape),
            image=self.image,
            cell=self.cell,
            count=self.count.astype(_smallest(self.count)),
            epoch=np.array(self.epoch),
            groups=np.array(self.groups, np.str_),
            pattern=np.array(self.pattern),
        )
        write_bytes(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path) -> "ImageCounts":
        """Read what :meth:`write` wrote.

        Raises:
            CountsError: If it cannot be read, or does not fit together.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                parts = {name: file[name] for name in KINDS}
                parts |= {name: file[name] for name in GROUPED if name in file}  # since 0.5
        except UNREADABLE as error:
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            raise CountsError(f"{path.name} is damaged: {reason}") from None
        kinds = {**KINDS, **GROUPED}
        wrong = [name for name in parts if not _is_of(parts[name], *kinds[name])]
        if wrong:
            raise CountsError(f"{path.name} is damaged: {wrong[0]} holds something else than counts")
        shape, ids = tuple(int(size) for size in parts["shape"]), tuple(str(name) for name in parts["ids"])
        image, cell, count = parts["image"], parts["cell"], parts["count"]
        groups = tuple(str(name) for name in parts.get("groups", ()))
        if len(groups) not in (0, len(ids)):
            raise CountsError(f"{path.name} is damaged: its parts do not fit together")
        if not _is_shape(shape) or not len(image) == len(cell) == len(count) or len(set(ids)) != len(ids):
            raise CountsError(f"{path.name} is damaged: its parts do not fit together")
        ends = (image, len(ids)), (cell, math.prod(shape)), (count, 1 << 63)
        if any(part.size and not 0 <= int(part.min()) <= int(part.max()) < end for part, end in ends):
            raise CountsError(f"{path.name} is damaged: its parts do not fit together")
        cells = image.astype(np.uint32), cell.astype(np.uint32), count.astype(np.int64)
        return cls(ids, shape, *cells, int(parts["epoch"]), groups, str(parts.get("pattern", "")))


def _is_of(part: object, kinds: str, ndim: int) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in kinds and part.ndim == ndim


def _is_shape(shape: tuple[int, ...]) -> bool:
    """Return whether counts of one image may have a shape: of K by K classes, or of K by no and yes, twice."""
    classes = shape[0] if shape else 0
    return 1 <= classes <= MOST_CLASSES and shape in ((classes, classes), (classes, 2, 2))


def _smallest(count: Counts) -> type[np.unsignedinteger]:
    """Return the type that counts are stored in: an image of more than 65,536 x 65,536 pixels needs the larger."""
    return np.uint32 if count.max(initial=0) <= np.iinfo(np.uint32).max else np.uint64
