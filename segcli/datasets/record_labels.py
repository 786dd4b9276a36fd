"""From the files of an image's mask to its labels: one file, one for each object, or one for each class."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.label_table import LabelTable
from segcli.datasets.mask_reader import MaskReader, ValueReader
from segcli.datasets.record import MaskFile
from segcli.sample import IGNORE_INDEX, DataError

Labels = NDArray[np.uint8]
Overlaps = Literal["error", "last"]

YES = (1, 255)
"""Values by which mask files of one class or object say that a pixel is of it."""


class RecordLabels(ABC):
    """Turn the files of a mask into labels.

    Args:
        reader: Reads the values of a file; None where files hold none.

    Attributes:
        has_size: Whether files have a size of their own, which must be that of the image.
        may_contradict: Whether files that are each right may not go together.
    """

    has_size = True
    may_contradict = False

    def __init__(self, reader: MaskReader | None = None) -> None:
        self._reader = reader or ValueReader()

    def size(self, path: Path) -> tuple[int, int]:
        """Return height and width of a file in pixels, where files have a size.

        Raises:
            DataError: If it cannot be read.
        """
        return self._reader.size(path)

    @abstractmethod
    def read(self, path: Path, size: tuple[int, int] | None, data: bytes | None = None) -> Labels:
        """Return the labels ``(H, W)`` of one file.

        Args:
            path: The file.
            size: Height and width of the image; None where files have a size.
            data: Its content, where that was read already.

        Raises:
            DataError: If it cannot be read, or holds what was not named.
        """

    @abstractmethod
    def combined(self, files: Sequence[MaskFile], labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        """Return the labels of an image, ``(H, W)`` or ``(K, H, W)``.

        Args:
            files: Of the image; there may be none.
            labels: Of each.
            size: Height and width of the image.

        Raises:
            DataError: If they contradict each other.
        """

    @abstractmethod
    def __repr__(self) -> str:
        """Return which values files may hold and what they stand for."""


class TableLabels(RecordLabels):
    """Look up the values of one file; where there are several, each is laid over those before it.

    Args:
        table: What values stand for.
        missing: Class of all pixels of an image without a file; None where every image has one.

    Attributes:
        table: What values stand for.
        ground: Class of pixels that are of no object: that of the value or colour 0, or the first.
    """

    def __init__(self, table: LabelTable, missing: int | None = None) -> None:
        super().__init__(table.reader)
        self.table, self._mapping, self._missing = table, table.mapping, missing
        ground = table.mapping.named.get(0, 0)
        self.ground = ground if ground != IGNORE_INDEX else 0

    def read(self, path: Path, size: tuple[int, int] | None, data: bytes | None = None) -> Labels:
        """Return the class index of every pixel."""
        return self._mapping(self._reader(path, data), str(path))

    def combined(self, files: Sequence[MaskFile], labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        """Return ``(H, W)`` class indices: of each pixel the last that is not ground."""
        if not labels:
            assert self._missing is not None
            return np.full(size, self._missing, np.uint8)
        result = labels[0]
        for each in labels[1:]:
            result = np.where(each != self.ground, each, result)
        return result

    def __repr__(self) -> str:
        """Return what the values stand for."""
        return f"{self._reader!r} {self._mapping!r} missing {self._missing}"


class ObjectLabels(TableLabels):
    """Lay masks of single objects over each other: 0 is no object, 1 or 255 is one.

    Args:
        ignore_values: Values that no loss and no metric sees.
        missing: As for :class:`TableLabels`.
        reader: Reads the values of a file; None for :class:`~segcli.datasets.mask_reader.ValueReader`.
    """

    def __init__(
        self, ignore_values: Sequence[int] = (), missing: int | None = None, reader: MaskReader | None = None
    ) -> None:
        super().__init__(LabelTable(("none", "object"), reader or ValueReader(), yes_or_no(ignore_values)), missing)

    def read(self, path: Path, size: tuple[int, int] | None, data: bytes | None = None) -> Labels:
        """Return 1 where the object is."""
        return one_yes(self._mapping, self._reader(path, data), path)


class ClassFileLabels(RecordLabels):
    """Put together masks of single classes: 0 is not of the class, 1 or 255 is.

    Args:
        indices: Text of ``{class}`` to class index.
        num_classes: Number of classes, K.
        multilabel: Whether a pixel may be of several classes, or of none: labels have a channel for each.
        ignore_values: Values that no loss and no metric sees.
        unmarked: What a pixel in no mask is: a class index, or ``IGNORE_INDEX``; None refuses it.
        overlaps: Whether a pixel in the masks of two classes is an ``error``, or of the ``last`` of them.
        reader: As for :class:`ObjectLabels`.
    """

    def __init__(
        self,
        indices: Mapping[str, int],
        num_classes: int,
        multilabel: bool = False,
        ignore_values: Sequence[int] = (),
        unmarked: int | None = 0,
        overlaps: Overlaps = "error",
        reader: MaskReader | None = None,
    ) -> None:
        super().__init__(reader)
        self._mapping, self._has_own_reader = yes_or_no(ignore_values), reader is not None
        self._indices, self._num_classes, self._multilabel = indices, num_classes, multilabel
        self._unmarked, self._overlaps = unmarked, overlaps
        self.may_contradict = not multilabel

    def read(self, path: Path, size: tuple[int, int] | None, data: bytes | None = None) -> Labels:
        """Return 1 where the class is."""
        return one_yes(self._mapping, self._reader(path, data), path)

    def combined(self, files: Sequence[MaskFile], labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        """Return ``(K, H, W)`` of 0, 1 and ``IGNORE_INDEX``, or ``(H, W)`` class indices."""
        channels = np.zeros((self._num_classes, *size), np.uint8)
        for file, each in zip(files, labels, strict=True):
            index = self._indices[str(file.label)]
            channels[index] = np.maximum(channels[index], each)  # several files of a class are of its objects
        return channels if self._multilabel else self._exclusive(channels, files)

    def _exclusive(self, channels: Labels, files: Sequence[MaskFile]) -> Labels:
        is_of = channels == 1
        count = is_of.sum(axis=0)
        if (count > 1).any() and self._overlaps == "error":
            both = is_of[:, *np.argwhere(count > 1)[0]].nonzero()[0]
            named = [
                next(str(file.path) for file in files if self._indices[str(file.label)] == index) for index in both[:2]
            ]
            raise DataError(
                f"{named[0]} and {named[1]} share {int((count > 1).sum())} pixels, expected each in one of them.\n  "
                "Set data.overlaps: last for that of the last class, data.multilabel with model.task: multilabel for "
                "both, or correct the files."
            )
        result = (self._num_classes - 1 - is_of[::-1].argmax(axis=0)).astype(np.uint8)
        unmarked = count == 0
        if unmarked.any() and self._unmarked is None:
            raise DataError(
                f"{int(unmarked.sum())} pixels are in none of its {len(files)} masks, expected each in one.\n  Set "
                "data.other_values to ignore or to the class that they are of."
            )
        result[unmarked] = self._unmarked or 0
        result[(channels == IGNORE_INDEX).any(axis=0)] = IGNORE_INDEX
        return result

    def __repr__(self) -> str:
        """Return what the files stand for."""
        how = f"multilabel {self._multilabel}, unmarked {self._unmarked}, overlaps {self._overlaps}"
        read = f", {self._reader!r}" if self._has_own_reader else ""
        return f"{sorted(self._indices.items())} of {self._num_classes}, {how}, {self._mapping!r}{read}"


def yes_or_no(ignore_values: Sequence[int] = ()) -> LabelMapping:
    """Return what values in a mask of one class or object stand for.

    Args:
        ignore_values: Values that no loss and no metric sees.

    Raises:
        DataError: If they leave no value for either.
    """
    if 0 in ignore_values or set(YES) <= set(ignore_values):
        raise DataError(
            f"data.ignore_values got {list(ignore_values)}, expected neither 0 nor both of 1 and 255: "
            "0 means not of the class, and one of 1 and 255 that it is."
        )
    values = {0: 0} | {value: 1 for value in YES if value not in ignore_values}
    advice = "In a mask of one class 0 means no and 1 or 255 yes; list others in data.ignore_values to ignore them."
    return LabelMapping(values, ignore_values, advice)


def one_yes(mapping: LabelMapping, values: NDArray[np.integer], path: Path) -> Labels:
    """Look up the values of a mask of one class or object, in which one value must mean that a pixel is of it.

    Raises:
        DataError: If it holds both.
    """
    labels = mapping(values, str(path))
    if all(mapping.named.get(value) == 1 and (values == value).any() for value in YES):
        raise DataError(
            f"{path} has both mask values 1 and 255, of which one means that a pixel is of the class.\n"
            "  List the other in data.ignore_values, or correct the file."
        )
    return labels
