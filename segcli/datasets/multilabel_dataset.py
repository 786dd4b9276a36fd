"""Images with a mask per class, from files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.image_file import ImageMode, read_image
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.mask_check import faults_of
from segcli.datasets.mask_file import read_mask, require_equal_sizes
from segcli.datasets.sample_dataset import SampleTransform
from segcli.sample import DataError

YES = (1, 255)
"""Values by which mask files say that a pixel is of the class."""


class MultilabelDataset(ImageDataset):
    """Read an image and its masks when they are asked for.

    In a mask file, 0 means that a pixel is not of the class; 1 or 255 that it is.

    Args:
        pairs: Image file, and mask file of every class, None for a class that does not occur.
        ignore_values: Mask values that no loss and no metric sees.
        transform: Applied to image and masks together; None for none.
        image_mode: Channels of the image.

    Raises:
        DataError: If ``ignore_values`` leaves no value for either.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Path, Sequence[Path | None]]],
        ignore_values: Sequence[int] = (),
        transform: SampleTransform | None = None,
        image_mode: ImageMode = "RGB",
    ) -> None:
        super().__init__([image for image, _ in pairs], transform, image_mode)
        self.masks = [list(masks) for _, masks in pairs]
        if 0 in ignore_values or set(YES) <= set(ignore_values):
            raise DataError(
                f"data.ignore_values got {list(ignore_values)}, expected neither 0 nor both of 1 and 255: "
                "0 means not of the class, and one of 1 and 255 that it is."
            )
        values = {0: 0} | {value: 1 for value in YES if value not in ignore_values}
        advice = "In a mask of one class 0 means no and 1 or 255 yes; list others in data.ignore_values to ignore them."
        self.labels = LabelMapping(values, ignore_values, advice)

    def sources(self, index: int) -> list[Path | bytes]:
        """Return image file and mask files, and of a class without one a mark."""
        return [self.images[index], *(b"no mask" if mask is None else mask for mask in self.masks[index])]

    def label_table(self) -> str:
        """Return what the masks' values stand for."""
        return f"multilabel {self.labels!r}"

    def faults(self, index: int, content: Sequence[bytes] | None) -> list[str]:
        """Return what is wrong with the image and its masks."""
        return faults_of(self.images[index], self.masks[index], content, self._mapped)

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return image ``(H, W)`` or ``(H, W, C)`` and masks ``(K, H, W)`` of 0, 1 and ``IGNORE_INDEX``.

        Raises:
            DataError: If a file is at fault, or its size is not that of the image.
        """
        path, masks = self.images[index], self.masks[index]
        image = read_image(path, self.image_mode)
        labels = np.zeros((len(masks), *image.shape[:2]), np.uint8)
        for label, file in zip(labels, masks, strict=True):
            if file is not None:
                values = read_mask(file)
                require_equal_sizes(path, image.shape[:2], file, values.shape)
                label[...] = self._mapped(values, file)
        return image, labels

    def _mapped(self, values: NDArray[np.integer], file: Path) -> NDArray[np.uint8]:
        mapped = self.labels(values, str(file))
        if all(self.labels.table[value] == 1 and (values == value).any() for value in YES):
            raise DataError(
                f"{file} has both mask values 1 and 255, of which one means that a pixel is of the class.\n"
                "  List the other in data.ignore_values, or correct the file."
            )
        return mapped
