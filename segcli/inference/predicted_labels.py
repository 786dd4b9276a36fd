"""Read label maps that any tool predicted."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.mask_file import read_mask
from segcli.datasets.record_labels import RecordLabels, TableLabels, one_yes, yes_or_no
from segcli.sample import IGNORE_INDEX, DataError

Values = Literal["classes", "masks"]
_OTHERS = "A prediction is of a class everywhere; --others CLASS says of which all other values are."


class PredictedLabels:
    """Read predictions of one class per pixel.

    Args:
        classes: Names, in the order of their indices.
        values: What pixels hold: indices of ``classes``, 0 to K - 1, also those of a palette; or what ``masks`` of the
            data do, values or colours.
        masks: How the data's masks are read; None where nothing reads them from files.
        others: Class of pixels of any other value; None refuses them.

    Raises:
        DataError: If the masks hold no values, or ``others`` is no class.
    """

    def __init__(
        self, classes: Sequence[str], values: Values, masks: RecordLabels | None, others: str | None = None
    ) -> None:
        if others is not None and others not in classes:
            raise DataError(f"--others got {others!r}, expected a class of {list(classes)}.")
        rest = None if others is None else list(classes).index(others)
        self._advice = ""
        self._read: Callable[[Path], NDArray[np.integer]] = partial(read_mask, are_indices=True)
        if values == "classes":
            if isinstance(masks, TableLabels):
                self._advice = "\n  --values masks reads predictions that hold what the masks of the data hold."
            self._mapping = LabelMapping({index: index for index in range(len(classes))}, (), _OTHERS, rest)
            return
        if not isinstance(masks, TableLabels):
            raise DataError("--values masks got data whose masks are no files of values or colours; use classes.")
        mapping, self._read = masks.table.mapping, masks.table.reader
        indices = {value: index for value, index in mapping.named.items() if index != IGNORE_INDEX}
        rest = mapping.others if rest is None and mapping.others != IGNORE_INDEX else rest
        self._mapping = LabelMapping(indices, (), _OTHERS, rest, masks.table.reader.shown)

    def __call__(self, path: Path) -> NDArray[np.uint8]:
        """Return ``(H, W)`` class indices.

        Raises:
            DataError: If the file is at fault, or holds what is no class.
        """
        try:
            return self._mapping(self._read(path), str(path))
        except DataError as error:
            raise DataError(f"{error}{self._advice}") from None


def read_class_files(paths: Sequence[Path]) -> NDArray[np.uint8]:
    """Return ``(K, H, W)`` of 0 and 1, a file for each class: 0 is no, 1 or 255 is yes.

    Raises:
        DataError: If a file is at fault, holds other values, or sizes differ.
    """
    mapping = yes_or_no()
    found = [one_yes(mapping, read_mask(path, are_indices=True), path) for path in paths]
    for path, each in zip(paths, found, strict=True):
        if each.shape != found[0].shape:
            raise DataError(
                f"{paths[0]} is {_size(found[0].shape)}, {path} is {_size(each.shape)} (height x width), "
                "expected equal sizes."
            )
    return np.stack(found)


def require_size_of_mask(path: Path, labels: NDArray[np.uint8], image: str, mask: NDArray[np.uint8]) -> None:
    """Refuse a prediction of another height or width than the mask.

    Raises:
        DataError: If they differ; names prediction and image.
    """
    if labels.shape[-2:] != mask.shape[-2:]:
        raise DataError(
            f"{path} is {_size(labels.shape[-2:])}, the mask of {image} is {_size(mask.shape[-2:])} (height x width), "
            "expected equal sizes.\n  Resize predictions to the size of the mask without interpolation (nearest "
            "neighbour), or let the tool write them at the size of the image."
        )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]} px"
