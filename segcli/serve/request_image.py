"""The image of a request: from bytes to pixels, none of which is decoded before their number is known."""

import io
import re
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from segcli.datasets.record_image import NATIVE, read_record_image, record_form, record_size
from segcli.predict.predictor import Images, Predictor
from segcli.sample import DataError
from segcli.serve.request_error import RequestError

FORMATS = ("JPEG", "PNG", "WebP", "BMP", "TIFF")
_STARTS = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF....WEBP",
    "BMP": rb"BM",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
}
_NAME = Path("the image")
"""What errors call it: what a client calls it is not asked."""
_OF_TRAINING = re.compile(r"\n|; set data\.")
_BOUNDED = (1, 5, 8, 32773, 32946, 50000)
"""Compressions of TIFF whose decoders write no more than a tile holds: none, LZW, deflate, PackBits, Zstandard."""


def read_request_image(content: bytes, predictor: Predictor, max_pixels: int) -> Images:
    """Return the ``(H, W, C)`` pixels of an image, read as in training, upright.

    Args:
        content: The file.
        predictor: Whose image it is to be.
        max_pixels: Most that it may have.

    Raises:
        RequestError: If it is too large, in another format, damaged, or not of the model's channels.
    """
    form = next((name for name, start in _STARTS.items() if re.match(start, content, re.DOTALL)), None)
    if form is None:
        what = "is empty" if not content else "is no image in a format that is taken"
        raise RequestError(415, f"The body {what}; send the bytes of {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    try:
        if form == "TIFF":
            _require_bounded(content, predictor.image_mode == NATIVE, max_pixels)
        if predictor.image_mode == NATIVE:
            size = _native_size(content, predictor)
        else:
            size = record_size([_NAME], predictor.image_mode, [content])
        if size[0] * size[1] > max_pixels:
            raise _too_large(max_pixels, f"{size[0]:,} x {size[1]:,} pixels")
        return np.atleast_3d(read_record_image([_NAME], predictor.image_mode, [content]))
    except DataError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError):
            raise _too_large(max_pixels, "hundreds of millions of pixels") from None
        words = _OF_TRAINING.split(str(error))[0].rstrip(".")
        raise RequestError(400, f"{words[:1].upper()}{words[1:]}.") from None


def _native_size(content: bytes, predictor: Predictor) -> tuple[int, int]:
    """Return height and width of an image of any channels, if these are the model's."""
    form, size = record_form([_NAME], [content])
    if form.channels != predictor.channels or predictor.dtype not in (None, form.dtype):
        taken = f"{predictor.channels} of {predictor.dtype}" if predictor.dtype else str(predictor.channels)
        raise RequestError(400, f"The image has {form}, the model takes {taken}.")
    return size


def _require_bounded(content: bytes, is_native: bool, max_pixels: int) -> None:
    """Refuse a TIFF whose tiles are larger than the image may be, or that hold images of a size of their own."""
    try:
        with tifffile.TiffFile(io.BytesIO(content), is_ome=False) as file:
            page = file.pages.first
            tile, compression = int(np.prod(page.chunks)), int(page.compression)
    except Exception as error:  # whatever broken files make it raise
        raise RequestError(400, "The image cannot be read as a TIFF; it is damaged.") from error
    channels = max(1, page.samplesperpixel)
    if tile > max_pixels * channels:
        raise _too_large(max_pixels, "tiles of more pixels")
    if is_native and compression not in _BOUNDED:
        raise RequestError(415, "The TIFF is compressed in a way that is not taken; save it with deflate, LZW or none.")


def _too_large(max_pixels: int, what: str) -> RequestError:
    return RequestError(413, f"The image has {what}; at most {max_pixels:,} are taken: scale it down, or cut it.")
