"""What maps pixels to probabilities, whatever file it was opened from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_file import ImageMode
from segcli.datasets.record_image import read_record_image
from segcli.task_kind import TaskKind

Images = NDArray[Any]
Probabilities = NDArray[np.float32]


class PredictorError(ValueError):
    """A model that cannot do what is asked of it; the message says why and what to do."""


class Predictor(ABC):
    """A model that was opened, in evaluation mode.

    Attributes:
        name: The file that it was opened from, as errors and records name it.
        classes: Names, in the order of their indices.
        palette: ``(K, 3)`` uint8 RGB colours of the classes.
        kind: What the probabilities mean.
        image_mode: How files are read, a value of ``data.image_mode``.
        dtype: Type of the pixels that it takes, such as ``uint8``; None where it is not known.
        channels: Channels of an image.
        multiple: What height and width of tiles should be multiples of, in pixels: others are filled up.
        size: The one height and width that it takes; None for any.
        device: Where it computes: ``cpu``, ``cuda:0``.
        thresholds: Of the probabilities that labels are decided on; None for one half, or where the highest counts.
    """

    name: str
    classes: tuple[str, ...]
    palette: NDArray[np.uint8]
    kind: TaskKind
    image_mode: ImageMode
    dtype: str | None
    channels: int
    multiple: int = 1
    size: tuple[int, int] | None = None
    device: str = "cpu"
    thresholds: tuple[float, ...] | None = None

    @abstractmethod
    def labels(self, images: Images) -> NDArray[np.uint8]:
        """Decide for every pixel as evaluation does.

        Args:
            images: ``(B, H, W, C)`` in their raw value range.

        Returns:
            ``(B, H, W)`` class indices; of several labels per pixel, ``(B, K, H, W)`` of 0 and 1.

        Raises:
            PredictorError: If the model is not for such images.
        """

    @abstractmethod
    def probabilities(self, images: Images) -> Probabilities:
        """Return how sure the model is of every class at every pixel.

        Args:
            images: ``(B, H, W, C)`` in their raw value range.

        Returns:
            ``(B, K, H, W)`` float32, 0 to 1; of the binary task ``(B, 1, H, W)``, that of the second class.

        Raises:
            PredictorError: If the model is not for such images, or returns no probabilities.
        """

    def read(self, files: Sequence[Path]) -> Images:
        """Return the ``(H, W, C)`` pixels of an image, read as in training.

        Args:
            files: Its one file, or those of its channels in their order.

        Raises:
            segcli.sample.DataError: If a file is at fault.
        """
        return np.atleast_3d(read_record_image(files, self.image_mode))

    def require(self, images: Images) -> None:
        """See that the model is for such images.

        Raises:
            PredictorError: If not.
        """
        if images.ndim != 4 or images.shape[3] != self.channels:
            shape = list(images.shape[1:])
            raise PredictorError(f"an image has the shape {shape}, {self.name} takes {self.channels} channels")
        if self.dtype is not None and images.dtype != self.dtype:
            raise PredictorError(f"an image is of type {images.dtype}, {self.name} takes {self.dtype}")
        if self.size is not None and images.shape[1:3] != self.size:
            (height, width), own = images.shape[1:3], self.size
            raise PredictorError(
                f"an image has {height}x{width} pixels, {self.name} takes {own[0]}x{own[1]} only; resize it, or export "
                "for any size"
            )
