"""Whether a file looks like a mask or like an image, from its pixels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcli.datasets.image_channels import ImageForm, read_channels, read_form
from segcli.datasets.mask_file import read_mask
from segcli.datasets.raster_file import opened, read_bytes
from segcli.datasets.stored_pixels import StoredPixels, lossy_format
from segcli.sample import DataError

MOST_CLASSES = 64
"""Values or colours in one file, above which it is no mask of classes; palettes may hold more."""
_PURE = 0.9
"""Share of pixels near black or white in a mask of two classes that was saved with loss."""
_NEAR = 48


@dataclass(frozen=True)
class Picture:
    """How a file looks.

    Attributes:
        size: Height and width in pixels.
        mode: Pillow's mode.
        bits: Per channel.
        channels: As stored.
        distinct: Values, or colours, that occur in it.
        lossy: Whether its format changes values.
        has_values: Whether every pixel is an integer that is not in doubt.
        has_fourth: Whether there is a fourth channel that is not the same everywhere.
        is_two_sided: Whether nearly all of it is near black or near white, without colours.
        form: Its channels in their own depth; None where it cannot be read so.
    """

    size: tuple[int, int]
    mode: str
    bits: int
    channels: int
    distinct: int
    lossy: bool
    has_values: bool
    has_fourth: bool
    is_two_sided: bool
    form: ImageForm | None = None

    @property
    def is_native(self) -> bool:
        """Whether its channels or their depth would be lost in a mode of pictures."""
        return self.form is not None and (self.form.dtype != "uint8" or self.form.channels not in (1, 2, 3, 4))

    @property
    def may_be_mask(self) -> bool:
        """Whether it may hold classes."""
        if self.lossy:
            return self.is_two_sided
        return self.distinct <= (256 if self.mode == "P" else MOST_CLASSES)

    @property
    def is_grey(self) -> bool:
        """Whether it has one channel of grey values."""
        return self.channels == 1 and self.mode != "P"


def look_at_picture(path: Path) -> Picture:
    """Return how a file looks.

    Raises:
        DataError: If it cannot be read.
    """
    data = read_bytes(path)
    try:
        form = read_form(path, data)[0]
    except DataError:
        form = None
    if form is not None and form.channels > 4:
        return _of_channels(path, data, form)
    with opened(path, data) as image:
        stored, lossy = StoredPixels.of(image, data), lossy_format(image, data) is not None
        mode, size, bands = image.mode, (image.height, image.width), len(image.getbands())
        pixels = np.array(image)
    flat = pixels.reshape(pixels.shape[0] * pixels.shape[1], -1)
    if flat.dtype == np.uint8 and flat.shape[1] > 1:
        weights = 256 ** np.arange(min(flat.shape[1], 3), dtype=np.int64)
        distinct = len(np.unique(flat[:, :3].astype(np.int64) @ weights))
    else:
        distinct = len(np.unique(flat[:, 0]))
    is_grey = flat.dtype == np.uint8 and (flat[:, :3] == flat[:, :1]).all()
    pure = (flat[:, 0] < _NEAR) | (flat[:, 0] >= 256 - _NEAR) if is_grey else np.zeros(1, np.bool_)
    channels = stored.channels or bands
    fourth = flat.shape[1] > 3 and bool((flat[:, 3] != flat[0, 3]).any())
    has_values, two_sided = _has_values(path, data), bool(pure.mean() > _PURE)
    return Picture(size, mode, stored.bits, channels, distinct, lossy, has_values, fourth, two_sided, form)


def _of_channels(path: Path, data: bytes, form: ImageForm) -> Picture:
    """Return how a file with more channels than pictures have looks."""
    pixels = read_channels(path, data)
    bits, distinct = 8 * pixels.dtype.itemsize, len(np.unique(pixels[..., 0]))
    size = (pixels.shape[0], pixels.shape[1])
    return Picture(size, "", bits, form.channels, distinct, False, False, True, False, form)


def _has_values(path: Path, data: bytes) -> bool:
    try:
        read_mask(path, data)
    except DataError:
        return False
    return True
