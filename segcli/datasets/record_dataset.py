"""Images with masks, from the files of records."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.image_file import ImageMode, read_image, read_size
from segcli.datasets.mask_check import faults_of
from segcli.datasets.mask_file import require_equal_sizes
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_labels import Labels, RecordLabels
from segcli.datasets.sample_dataset import SampleTransform
from segcli.sample import DataError

_NO_MASK = b"no mask"


class RecordDataset(ImageDataset):
    """Read an image and its mask when they are asked for.

    Args:
        records: Files of every sample.
        labels: Turns the files of a mask into labels.
        transform: Applied to image and mask together; None for none.
        image_mode: Channels of the image.
    """

    def __init__(
        self,
        records: Sequence[Record],
        labels: RecordLabels,
        transform: SampleTransform | None = None,
        image_mode: ImageMode = "RGB",
    ) -> None:
        super().__init__([record.image for record in records], transform, image_mode)
        self.records, self.labels = list(records), labels

    def sources(self, index: int) -> list[Path | bytes]:
        """Return image file and mask files, and a mark where there is none."""
        record = self.records[index]
        return [record.image, *(mask.content or mask.path or _NO_MASK for mask in record.masks or (MaskFile(None),))]

    def label_table(self) -> str:
        """Return what the masks' values stand for."""
        return repr(self.labels)

    def faults(self, index: int, content: Sequence[bytes] | None) -> list[str]:
        """Return what is wrong with the image and its masks, and how they contradict each other."""
        record, labels = self.records[index], list[Labels]()
        keep = labels if self.labels.may_contradict else None
        found = faults_of(record.image, [mask.path for mask in record.masks], content, self.labels, keep)
        if not found and content is not None and keep is not None:
            try:
                self._combined(record, labels, read_size(record.image, content[0]))
            except DataError as error:
                found.append(str(error))
        return found

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return image ``(H, W)`` or ``(H, W, C)`` and mask, ``(H, W)`` or ``(K, H, W)``.

        Raises:
            DataError: If a file is at fault, its size is not that of the image, or files contradict each other.
        """
        record = self.records[index]
        image = read_image(record.image, self.image_mode)
        return image, self._mask(record, image.shape[:2])

    def load_mask(self, index: int) -> NDArray[np.uint8]:
        """Return the mask alone.

        Raises:
            DataError: If a file is at fault, sizes differ, or files contradict each other.
        """
        record = self.records[index]
        has_size = self.labels.has_size and len(record.files) > 1
        return self._mask(record, None if has_size else read_size(record.image))

    def _mask(self, record: Record, size: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Return the mask of an image of that size; None where any will do."""
        files, labels = _with_file(record), list[Labels]()
        for file in files:
            assert file.path is not None
            labels.append(self.labels.read(file.path, size, file.content))
            size = labels[0].shape[:2] if size is None else size
            require_equal_sizes(record.image, size, file.path, labels[-1].shape)
        assert size is not None
        return self._combined(record, labels, size)

    def _combined(self, record: Record, labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        try:
            return self.labels.combined(_with_file(record), labels, size)
        except DataError as error:
            raise DataError(f"{record.image}: {error}") from None


def _with_file(record: Record) -> list[MaskFile]:
    return [mask for mask in record.masks if mask.path is not None]
