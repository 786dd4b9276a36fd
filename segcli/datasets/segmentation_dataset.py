"""Images with masks, from pairs of files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_file import ImageMode, read_image, read_size
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.mask_check import faults_of
from segcli.datasets.mask_file import read_mask, require_equal_sizes
from segcli.datasets.sample_dataset import SampleDataset, SampleTransform


class SegmentationDataset(SampleDataset):
    """Read image and mask of every pair when it is asked for.

    Args:
        pairs: Image file and mask file of every sample.
        labels: From pixel values to class indices.
        transform: Applied to image and mask together; None for none.
        image_mode: Channels of the image.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Path, Path]],
        labels: LabelMapping,
        transform: SampleTransform | None = None,
        image_mode: ImageMode = "RGB",
    ) -> None:
        super().__init__(transform)
        self.pairs, self.labels, self.image_mode = list(pairs), labels, image_mode
        self._paths = [str(image) for image, _ in self.pairs]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.pairs)

    def paths(self) -> list[str]:
        """Return every image file."""
        return self._paths

    def sources(self, index: int) -> list[Path | bytes]:
        """Return image file and mask file."""
        return [*self.pairs[index]]

    def sizes(self) -> list[tuple[int, int]]:
        """Return height and width of every image in pixels, from the files' headers."""
        return [read_size(image) for image, _ in self.pairs]

    def label_table(self) -> str:
        """Return what the masks' values stand for."""
        return repr(self.labels)

    def faults(self, index: int, content: Sequence[bytes] | None) -> list[str]:
        """Return what is wrong with image and mask."""
        image, mask = self.pairs[index]
        return faults_of(image, [mask], content, lambda values, file: self.labels(values, str(file)))

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return image ``(H, W)`` or ``(H, W, C)`` and mask ``(H, W)``.

        Raises:
            DataError: If either file is at fault, or their sizes differ.
        """
        image_path, mask_path = self.pairs[index]
        image = read_image(image_path, self.image_mode)
        values = read_mask(mask_path)
        require_equal_sizes(image_path, image.shape[:2], mask_path, values.shape)
        return image, self.labels(values, str(mask_path))

    def load_mask(self, index: int) -> NDArray[np.uint8]:
        """Return the mask ``(H, W)`` alone.

        Raises:
            DataError: If its file is at fault.
        """
        mask_path = self.pairs[index][1]
        return self.labels(read_mask(mask_path), str(mask_path))
