"""Images without masks, for prediction."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_channels import ImageForm, form_of
from segcli.datasets.image_file import ImageMode
from segcli.datasets.packed_file import Source
from segcli.datasets.record import Record
from segcli.datasets.record_image import NATIVE, read_record_image, record_form, record_size, require_form
from segcli.datasets.sample_dataset import SampleDataset, SampleTransform
from segcli.sample import DataError


class ImageDataset(SampleDataset):
    """Read every image when it is asked for.

    Args:
        records: Files of every image.
        transform: Applied to every image; None for none.
        image_mode: Channels of the image.
    """

    def __init__(
        self, records: Sequence[Record], transform: SampleTransform | None = None, image_mode: ImageMode = "RGB"
    ) -> None:
        super().__init__(transform)
        self.records, self.image_mode = list(records), image_mode
        self._paths = [record.image_name for record in self.records]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.records)

    def paths(self) -> list[str]:
        """Return the first file of every image."""
        return self._paths

    def grouped_paths(self) -> list[str]:
        """Return the same, of a part of a file the file."""
        return [
            str(record.packed[0].grouped_as) if record.packed else path
            for record, path in zip(self.records, self._paths, strict=True)
        ]

    def sources(self, index: int) -> list[Source]:
        """Return the first file of the image."""
        return [self.records[index].image_sources[0]]

    def sizes(self) -> list[tuple[int, int]]:
        """Return height and width of every image in pixels, from the files' headers."""
        return [self._size(record) for record in self.records]

    @cached_property
    def image_form(self) -> ImageForm | None:
        """The form of the first image that can be read, and so of all; None where ``image_mode`` says it.

        Raises:
            DataError: If none can.
        """
        errors = list[DataError]()
        for record in self.records if self.image_mode == NATIVE else ():
            try:
                return record_form(record.image_files, record.image_data())[0]
            except DataError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return None

    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Return the image, ``(H, W)`` or ``(H, W, C)``, and no mask.

        Raises:
            DataError: If a file is at fault.
        """
        record = self.records[index]
        image = read_record_image(record.image_files, self.image_mode, record.image_data())
        if self.image_form is not None:
            require_form(record.image, form_of(image), self.image_form)
        return image, None

    def _size(self, record: Record) -> tuple[int, int]:
        known = record.packed[0].size if record.packed else None
        return known or record_size(record.image_files, self.image_mode, record.image_data())
