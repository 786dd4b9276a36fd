"""Images with masks, from the files of records."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.file_part import FilePart
from segcli.datasets.image_channels import ImageForm
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.image_file import ImageMode
from segcli.datasets.mask_check import faults_of
from segcli.datasets.mask_file import require_equal_sizes
from segcli.datasets.packed_file import Name, PackedFile, Source, read_source
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_image import joined_form, record_size, require_form
from segcli.datasets.record_labels import Labels, RecordLabels
from segcli.datasets.sample_dataset import SampleTransform
from segcli.sample import IGNORE_INDEX, DataError

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
        super().__init__(records, transform, image_mode)
        self.labels = labels

    def sources(self, index: int) -> list[Source]:
        """Return image files and mask files, and a mark where there is none."""
        return [*self.records[index].image_sources, *self.mask_sources(index)]

    def source_names(self, index: int) -> list[Name]:
        """Return the same with the files' names as text."""
        if type(self).sources is not RecordDataset.sources or type(self).mask_sources is not RecordDataset.mask_sources:
            return super().source_names(index)
        record = self.records[index]
        masks = [mask.content or mask.file_name or _NO_MASK for mask in record.masks] or [_NO_MASK]
        images: tuple[Name, ...] = record.packed or (record.image_name, *map(str, record.more))
        return [*images, *masks]

    def mask_sources(self, index: int) -> list[Source]:
        """Return mask files, and a mark where there is none."""
        return [mask.content or mask.path or _NO_MASK for mask in self.records[index].masks or (MaskFile(None),)]

    def decoding(self) -> str | None:
        """Return the mode of images and what masks stand for; None of a class of one's own, which may do otherwise."""
        return f"{self.image_mode} {self.label_table()}" if type(self) is RecordDataset else None

    def label_table(self) -> str:
        """Return what the masks' values stand for."""
        return repr(self.labels)

    def faults(self, index: int, content: Sequence[bytes] | None) -> list[str]:
        """Return what is wrong with the image and its masks, and how they contradict each other."""
        record, labels = self.records[index], list[Labels]()
        keep = labels if self.labels.may_contradict else None
        try:
            form = self.image_form
        except DataError as error:
            return [str(error)]
        parts = [each for each in record.packed if isinstance(each, FilePart)]
        if content is None and parts:
            return [] if form is None else _faults_of_form(record, parts, form)
        masks = [mask.path for mask in record.masks]
        if content is None and any(isinstance(source, PackedFile) for source in self.sources(index)):
            content = list(map(read_source, self.sources(index)))  # it has no header that could be read by itself
        found = faults_of(record.image_files, masks, content, self.labels, form, keep)
        if not found and content is not None and keep is not None:
            try:
                self._combined(record, labels, record_size(record.image_files, self.image_mode, content))
            except DataError as error:
                found.append(str(error))
        return found

    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return image ``(H, W)`` or ``(H, W, C)`` and mask, ``(H, W)`` or ``(K, H, W)``.

        Raises:
            DataError: If a file is at fault, its size is not that of the image, or files contradict each other.
        """
        image, _ = super().load(index)
        return image, self._mask(self.records[index], image.shape[:2])

    def load_mask(self, index: int) -> NDArray[np.uint8]:
        """Return the mask alone.

        Raises:
            DataError: If a file is at fault, sizes differ, or files contradict each other.
        """
        record = self.records[index]
        has_size = self.labels.has_size and bool(_with_file(record))
        return self._mask(record, None if has_size else self._size(record))

    def _mask(self, record: Record, size: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Return the mask of an image of that size; None where any will do."""
        files, labels = _with_file(record), list[Labels]()
        for file in files:
            assert file.path is not None
            labels.append(self.labels.read(file.path, size, file.data()))
            size = labels[0].shape[:2] if size is None else size
            require_equal_sizes(record.image, size, file.path, labels[-1].shape)
        assert size is not None
        return _without_nodata(record, self._combined(record, labels, size))

    def _combined(self, record: Record, labels: Sequence[Labels], size: tuple[int, int]) -> Labels:
        try:
            return self.labels.combined(_with_file(record), labels, size)
        except DataError as error:
            raise DataError(f"{record.image}: {error}") from None


def _without_nodata(record: Record, labels: Labels) -> Labels:
    """Ignore the pixels of which a file of the image holds nothing, where that was asked for."""
    for part in record.packed:
        lacking = part.without_data() if isinstance(part, FilePart) else None
        if lacking is not None and lacking.any():
            labels = np.where(lacking, np.uint8(IGNORE_INDEX), labels)
    return labels


def _faults_of_form(record: Record, parts: Sequence[FilePart], form: ImageForm) -> list[str]:
    """Return what is wrong with the headers of files; that sizes are alike was seen when these were cut."""
    try:
        own, _ = joined_form(record.image_files, [(part.form(), part.size) for part in parts])
        require_form(record.image, own, form)
    except DataError as error:
        return [str(error)]
    return []


def _with_file(record: Record) -> list[MaskFile]:
    return [mask for mask in record.masks if mask.path is not None]
