"""A part of a file as a file of its own: a window of a scene, or a slice of a volume."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from segcli.datasets.image_channels import ImageForm, kept_type
from segcli.datasets.mask_file import whole
from segcli.datasets.nifti_volume import is_volume, opened_volume
from segcli.datasets.packed_file import PackedFile
from segcli.datasets.parted_file import At, PartedFile
from segcli.datasets.scene_file import opened_scene
from segcli.sample import DataError

_BESIDE = (".msk", ".aux.xml")
"""Endings of files beside a raster in which GDAL looks for what of it holds nothing."""


@dataclass(frozen=True)
class FilePart(PackedFile):
    """A part of a file, which reads as a TIFF without compression; its key tells the parts of a file apart.

    Attributes:
        at: Where it lies.
        ignores_nodata: Whether pixels without data are 0 in the image, and ignored.
        is_mask: Whether it holds a mask, whose values must be integers.
    """

    at: At
    ignores_nodata: bool = False
    is_mask: bool = False

    @property
    def grouped_as(self) -> Path:
        """The file."""
        return self.container

    @property
    def identity(self) -> str:
        """Its name, what of the file it is, and how the files are that may tell what of it holds nothing."""
        asks = self.ignores_nodata and not self.is_mask
        beside = [_state(f"{self.container}{ending}") for ending in _BESIDE] if asks else []
        return f"{self.key} {self.at} {self.ignores_nodata} {self.is_mask} {beside}"

    @property
    def follows_container(self) -> bool:
        """Yes: its identity knows of the files beside that."""
        return True

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = (len(each) for each in self.at if isinstance(each, range))
        return height, width

    def stored_bytes(self) -> int:
        """Return the size of the file."""
        return self.container.stat().st_size

    def form(self) -> ImageForm:
        """Return the form of the image.

        Raises:
            DataError: If the file is at fault.
        """
        with opened_parts(self.container) as file:
            return ImageForm(file.channels, kept_type(file.dtype, self.path))

    def read(self) -> bytes:
        """Return the part as the content of a file.

        Raises:
            DataError: If it cannot be read, or has values that are none of a mask.
        """
        with opened_parts(self.container) as file:
            pixels = file.pixels(self.at)
            if self.ignores_nodata and not self.is_mask:
                pixels = np.where(file.are_valid(self.at, pixels)[..., None], pixels, pixels.dtype.type(0))
            if file.has_palette and not self.is_mask:
                raise DataError(f"{self.container} holds a palette; save the image as RGB.")
            has_alpha = file.has_alpha
        return _as_tiff(_integers(pixels, self.path) if self.is_mask else pixels, has_alpha)

    def without_data(self) -> NDArray[np.bool_] | None:
        """Return ``(H, W)``, which pixels hold nothing; None where that does not matter.

        Raises:
            DataError: If it cannot be read.
        """
        if not self.ignores_nodata:
            return None
        with opened_parts(self.container) as file:
            return ~file.are_valid(self.at, file.pixels(self.at))


@contextmanager
def opened_parts(path: Path) -> Iterator[PartedFile]:
    """Open a file of which samples are parts, as its name says: a volume in NIfTI, or a raster.

    Args:
        path: The file.

    Raises:
        DataError: If it is at fault.
    """
    if is_volume(path):
        with opened_volume(path) as volume:
            yield volume
    else:
        with opened_scene(path) as scene:
            yield scene


def _state(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  (of text: asked of every part)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _integers(pixels: NDArray[Any], path: Path) -> NDArray[Any]:
    """Return the values of a mask in a type that readers of masks take."""
    if pixels.dtype.kind == "f":
        pixels = whole(pixels, path)
    if pixels.dtype.kind not in "iu":
        raise DataError(f"{path} holds values of type {pixels.dtype}, expected a mask of integers; save it so.")
    low, high = int(pixels.min()), int(pixels.max())
    fitting = [
        each for each in (np.uint8, np.uint16, np.int32) if np.iinfo(each).min <= low <= high <= np.iinfo(each).max
    ]
    if not fitting:
        raise DataError(f"{path} holds values of {low} to {high}, expected a mask of at most 32 bits with a sign.")
    return pixels.astype(fitting[0], copy=False)


def _as_tiff(pixels: NDArray[Any], has_alpha: bool) -> bytes:
    """Return ``(H, W, C)`` pixels as the content of a TIFF without compression."""
    channels, stream = pixels.shape[2], io.BytesIO()
    are_colours = channels in (3, 4) and pixels.dtype == np.uint8
    extra = ("unassalpha" if has_alpha else "unspecified",) if are_colours and channels == 4 else None
    tifffile.imwrite(
        stream,
        np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels),
        photometric="rgb" if are_colours else "minisblack",
        planarconfig=None if channels == 1 else "contig",
        extrasamples=extra,
        metadata=None,
    )
    return stream.getvalue()
