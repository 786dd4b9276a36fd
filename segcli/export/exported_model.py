"""A model in a file, whatever the format: what is written, opened and run."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segcli.export.description import Description, ExportError
from segcli.export.trace import Traced

Images = NDArray[Any]


class ExportedModel(ABC):
    """A file that was opened.

    Attributes:
        name: Of the format, as ``--to`` takes it.
        file_name: Of a file of this format.
        libraries: What it imports beside torch.
        extra: The extra of segcli that installs these.
        description: What the file says of itself.
    """

    name: ClassVar[str]
    file_name: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "export"
    description: Description

    @classmethod
    @abstractmethod
    def write(cls, traced: Traced, description: Description, path: Path) -> None:
        """Write a file.

        Args:
            traced: The model.
            description: What the file is to say of itself.
            path: The file.

        Raises:
            ExportError: If the format cannot hold the model.
        """

    @classmethod
    @abstractmethod
    def describe(cls, path: Path, description: Description) -> None:
        """Let a file say something else of itself."""

    @classmethod
    @abstractmethod
    def opened(cls, path: Path, threads: int = 0) -> "ExportedModel":
        """Open a file.

        Args:
            path: The file.
            threads: Processor threads to run on; 0 for as many as there are cores.

        Raises:
            ExportError: If it is damaged, or no file of segcli.
        """

    @abstractmethod
    def run(self, images: Images) -> Mapping[str, NDArray[Any]]:
        """Map ``(B, H, W, C)`` images to what :class:`segcli.export.exportable.Exportable` returns, by name."""

    def predict(self, image: Images) -> NDArray[np.uint8]:
        """Map an ``(H, W, C)`` image to ``(H, W)`` class indices; with several labels per pixel to ``(K, H, W)``.

        Raises:
            ExportError: If the file is not for such an image.
        """
        told = self.description
        expected = f"expected {told.dtype} of {told.channels} channels"
        if image.ndim != 3 or image.shape[2] != told.channels or image.dtype != told.dtype:
            raise ExportError(f"an image is {image.dtype} of shape {list(image.shape)}, {expected}")
        if told.size is not None and tuple(told.size) != image.shape[:2]:
            raise ExportError(
                f"an image has {image.shape[0]}x{image.shape[1]} pixels, the file takes {told.size[0]}x{told.size[1]} "
                "only; resize it, or export for any size"
            )
        return np.asarray(self.run(image[None])["labels"][0])
