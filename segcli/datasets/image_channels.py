"""Read an image file as the channels that it holds, in their own depth: 8 or 16 bits, or floats."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.dicom_image import HEAD_BYTES, is_dicom, opened_dicom
from segcli.datasets.image_file import size_of
from segcli.datasets.nifti_volume import is_volume
from segcli.datasets.raster_file import (
    PNG_SIGNATURE,
    opened,
    orientation,
    png_chunks,
    read_bytes,
    read_head,
    require_whole,
    turned_upright,
)
from segcli.datasets.stored_pixels import StoredPixels
from segcli.datasets.tiff_channels import SIGNATURES, opened_tiff
from segcli.sample import DataError

Channels = NDArray[Any]
"""``(H, W, C)`` uint8, uint16 or float32."""

_EXACT = 2**24
"""Above it, neighbouring integers are the same float32."""
_PNG_CHANNELS = {0: 1, 2: 3, 6: 4}
"""By the colour type of a PNG; OpenCV reads these as they are."""
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "I;16L")


@dataclass(frozen=True)
class ImageForm:
    """What the pixels of an image are.

    Attributes:
        channels: Their number, C.
        dtype: ``uint8``, ``uint16`` or ``float32``.
    """

    channels: int
    dtype: str

    def __str__(self) -> str:
        return f"{self.channels} channel{'s' if self.channels > 1 else ''} of {self.dtype}"


def read_channels(path: Path, data: bytes | None = None) -> Channels:
    """Return ``(H, W, C)`` uint8, uint16 or float32: all channels of the file, alpha included, values as stored.

    TIFF is read by tifffile, channels side by side, in planes, or in up to 32 pages; DICOM by pydicom, rescaled; PNG of
    16 bits by OpenCV; all others by Pillow, where a palette is looked up. 1 bit becomes 0 and 255. Integers with a
    sign, and those of 32 and more bits, become float32, which must hold them exactly; float64 is rounded to float32.

    Args:
        path: The file.
        data: Its content, where that was read already.

    Raises:
        DataError: If it cannot be read whole, holds no image of channels, values that float32 cannot hold, or some that
            are no numbers.
    """
    _require_no_volume(path)
    data = read_bytes(path) if data is None else data
    if data.startswith(SIGNATURES):
        with opened_tiff(path, data) as tiff:
            return _as_kept(tiff.pixels(), path)
    if is_dicom(path, data):
        with opened_dicom(path, data, with_pixels=True) as dicom:
            return _as_kept(dicom.pixels(), path)
    require_whole(path, data)
    with opened(path, data) as image:
        if _is_deep_png(data):
            return _deep_png(image, data, path)
        _require_known(image, data, path)
        pixels = np.array(_looked_up(turned_upright(image)))
    return _as_kept(pixels[..., None] if pixels.ndim == 2 else pixels, path)


def read_form(path: Path, data: bytes | None = None) -> tuple[ImageForm, tuple[int, int]]:
    """Return the form of what :func:`read_channels` will give, and its height and width, from the file's header.

    Args:
        path: The file.
        data: Its content, where that was read already.

    Raises:
        DataError: If the header is unreadable, or of no image of channels.
    """
    _require_no_volume(path)
    head = read_head(path, HEAD_BYTES) if data is None else data
    if head.startswith(SIGNATURES):
        with opened_tiff(path, data) as tiff:
            return ImageForm(tiff.channels, kept_type(tiff.dtype, path)), tiff.size
    if is_dicom(path, head):
        with opened_dicom(path, data, with_pixels=False) as dicom:
            return ImageForm(dicom.channels, dicom.dtype.name), dicom.size
    data = read_bytes(path) if data is None else data
    with opened(path, data) as image:
        if _is_deep_png(data):
            return ImageForm(_channels_of_deep_png(data, path), "uint16"), size_of(image)
        _require_known(image, data, path)
        channels = len(_looked_up(Image.new(image.mode, (1, 1)), "transparency" in image.info).getbands())
        return ImageForm(channels, "uint16" if image.mode.startswith("I") else "uint8"), size_of(image)


def _require_no_volume(path: Path) -> None:
    if is_volume(path):
        raise DataError(
            f"{path} is a volume, of which slices are images.\n  Set data.slice_axis to the axis along which they lie, "
            "0, 1 or 2, and data.image_mode to native."
        )


def form_of(image: Channels) -> ImageForm:
    """Return the form of an image, ``(H, W)`` or ``(H, W, C)``."""
    return ImageForm(1 if image.ndim == 2 else image.shape[2], image.dtype.name)


def _as_kept(pixels: Channels, path: Path) -> Channels:
    """Return pixels as one of the three types that are kept."""
    kept = kept_type(pixels.dtype, path)
    if pixels.dtype == bool:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    if kept == "float32":
        if pixels.dtype.kind in "iu" and np.abs(pixels.astype(np.float64)).max() > _EXACT:
            raise DataError(f"{path} holds integers beyond {_EXACT}, which float32 does not tell apart; scale them.")
        with np.errstate(over="ignore"):  # told below
            pixels = pixels.astype(np.float32)
        if not np.isfinite(pixels).all():
            odd = int((~np.isfinite(pixels)).any(axis=-1).sum())
            raise DataError(
                f"{path} holds {odd} pixels that are no numbers (nan or infinite), expected numbers everywhere; fill "
                "them, such as with np.nan_to_num, and give them an ignored value in the mask."
            )
    return np.ascontiguousarray(pixels, dtype=np.dtype(kept))


def kept_type(dtype: np.dtype[Any], path: Path) -> str:
    """Return the type that values are kept as: ``uint8``, ``uint16`` or ``float32``.

    Args:
        dtype: Of the stored values.
        path: The file, for errors.

    Raises:
        DataError: If they are no integers and no floats.
    """
    if dtype.kind not in "buif":
        raise DataError(f"{path} holds values of type {dtype}, expected integers or floats; save its real part.")
    name = dtype.newbyteorder("=").name
    return "uint8" if dtype.kind == "b" else name if name in ("uint8", "uint16") else "float32"


def _is_deep_png(data: bytes) -> bool:
    return data.startswith(PNG_SIGNATURE) and data[24:25] == b"\x10"


def _channels_of_deep_png(data: bytes, path: Path) -> int:
    channels = _PNG_CHANNELS.get(data[25])
    if channels is None or b"tRNS" in (name for name, _ in png_chunks(data)):
        raise DataError(f"{path} is a PNG of 16 bits with transparent greys, expected grey, RGB or RGBA; save it so.")
    return channels


def _deep_png(image: Image.Image, data: bytes, path: Path) -> NDArray[np.uint16]:
    """Return the pixels of a PNG of 16 bits, which Pillow cuts to 8 where it has colours."""
    channels = _channels_of_deep_png(data, path)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None or pixels.dtype != np.uint16 or np.atleast_3d(pixels).shape[2] != channels:
        raise DataError(f"{path} cannot be read as a PNG of 16 bits; replace it, or save it as TIFF.")
    if orientation(image) != 1:
        raise DataError(f"{path} states an orientation in its EXIF data; turn the pixels, and save it without.")
    pixels = np.atleast_3d(pixels)
    return np.ascontiguousarray(pixels if channels == 1 else pixels[..., [2, 1, 0, 3][:channels]])


def _require_known(image: Image.Image, data: bytes, path: Path) -> None:
    """Refuse what Pillow would clip, scale, cut or leave out without a word."""
    stored = StoredPixels.of(image, data)
    is_cut = stored.bits > 8 and not image.mode.startswith("I;16")
    is_less = stored.channels is not None and image.mode != "P" and stored.channels != len(image.getbands())
    if image.mode not in _MODES or stored.kind != "u" or is_cut or is_less or stored.is_scaled:
        raise DataError(
            f"{path} holds {stored.bits} bits per channel in mode {image.mode} of {image.format}, of which Pillow "
            "would change values or leave some out; save it as TIFF."
        )


def _looked_up(image: Image.Image, is_transparent: bool | None = None) -> Image.Image:
    """Return a picture of channels: what a palette shows, and black and white as grey."""
    if is_transparent is None:
        is_transparent = "transparency" in image.info
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if is_transparent or image.mode == "PA" else "RGB")
    return image.convert("L") if image.mode == "1" else image
