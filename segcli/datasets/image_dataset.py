"""Images without masks, for prediction."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_file import ImageMode, read_image, read_size
from segcli.datasets.sample_dataset import SampleDataset, SampleTransform


class ImageDataset(SampleDataset):
    """Read every image when it is asked for.

    Args:
        images: Image files.
        transform: Applied to every image; None for none.
        image_mode: Channels of the image.
    """

    def __init__(
        self, images: Sequence[Path], transform: SampleTransform | None = None, image_mode: ImageMode = "RGB"
    ) -> None:
        super().__init__(transform)
        self.images, self.image_mode = list(images), image_mode
        self._paths = [str(image) for image in self.images]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def paths(self) -> list[str]:
        """Return every image file."""
        return self._paths

    def sizes(self) -> list[tuple[int, int]]:
        """Return height and width of every image in pixels, from the files' headers."""
        return [read_size(image) for image in self.images]

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Return the image, ``(H, W)`` or ``(H, W, C)``, and no mask.

        Raises:
            DataError: If the file is at fault.
        """
        return read_image(self.images[index], self.image_mode), None
