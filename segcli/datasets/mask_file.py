"""Read a mask file as the integers it holds, or refuse it where readers disagree on what these are."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.datasets.raster_file import PNG_SIGNATURE, opened, read_bytes, require_whole, turned_upright
from segcli.datasets.stored_pixels import StoredPixels, lossy_format
from segcli.sample import DataError

_WHOLE_FLOATS = 2**24  # above it, neighbouring integers are the same float32


def read_mask(path: Path, data: bytes | None = None, are_indices: bool = False) -> NDArray[np.integer]:
    """Return the mask's pixel values as ``(H, W)`` integers.

    Grey values of 1, 8, 16 or 32 bits, with or without a sign (1-bit masks hold 0 and 1, which is white), the indices
    of a palette, whole numbers in floats, and colour images whose channels are equal. EXIF orientation is applied, as
    it is to images.

    Args:
        path: The file.
        data: Its content, where that was read already.
        are_indices: Whether of a palette the indices are meant, whatever its colours.

    Raises:
        DataError: If the file is unreadable, truncated, in colour, transparent, or holds fractions; or if it is not
            sure which integers are meant: grey palettes in another order, grey values of 2 or 4 bits, and such.
    """
    data = read_bytes(path) if data is None else data
    require_whole(path, data)
    with opened(path, data) as image:
        stored = StoredPixels.of(image, data)
        _require_exact(image, stored, path)
        upright = turned_upright(image)
        if upright.mode == "P":
            return np.array(upright) if are_indices else _indices(upright, path, reordered=image.format == "GIF")
        if upright.mode in ("LA", "RGB", "RGBA"):
            return _grey(upright, path)
        values = np.array(upright)
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if stored.kind == "f":
        return whole(values, path)
    return values.astype(values.dtype.newbyteorder("=")).view(f"{stored.kind}{values.itemsize}")


def lossy_format_of(path: Path, data: bytes | None = None) -> str | None:
    """Return the name of the file's format if that changes values when saving; None if not, or unreadable.

    Args:
        path: The file.
        data: Its content, where that was read already.
    """
    try:
        if _head(path, data) == PNG_SIGNATURE:
            return None
        data = read_bytes(path) if data is None else data
        with opened(path, data) as image:
            return lossy_format(image, data)
    except (DataError, OSError):
        return None


def _head(path: Path, data: bytes | None) -> bytes:
    if data is not None:
        return data[: len(PNG_SIGNATURE)]
    with path.open("rb") as file:
        return file.read(len(PNG_SIGNATURE))


def require_equal_sizes(image: Path, size: tuple[int, ...], mask: Path, mask_size: tuple[int, ...]) -> None:
    """Refuse a mask of another height or width than its image.

    Raises:
        DataError: If they differ; names both files.
    """
    if size != mask_size:
        raise DataError(
            f"{image} is {size[0]} x {size[1]} px, its mask {mask} is {mask_size[0]} x {mask_size[1]} px "
            "(height x width, EXIF orientation applied), expected equal sizes; resize the mask without interpolation, "
            "or remove the EXIF orientation."
        )


def _require_exact(image: Image.Image, stored: StoredPixels, path: Path) -> None:
    """Refuse modes without integers, and what Pillow scales, inverts, cuts or leaves out without a word."""
    single = image.mode in ("1", "L", "P", "F") or image.mode.startswith("I")
    if not single and image.mode not in ("LA", "RGB", "RGBA"):
        raise DataError(f"{path} has mode {image.mode}, expected a mask of integers; save it as a grey or palette PNG.")
    if stored.bits > 8 and (not single or image.mode == "L"):
        raise DataError(
            f"{path} holds {stored.bits} bits per channel in mode {image.mode}, of which 8 would be lost, expected one "
            "integer per pixel; save one of its channels as a grey PNG of 16 bits."
        )
    if stored.channels is not None and stored.channels != len(image.getbands()):
        raise DataError(f"{path} holds {stored.channels} channels, expected one integer per pixel; save one of them.")
    if stored.is_scaled or (image.mode == "L" and stored.bits < 8):
        how = f"white stored as {stored.white}" if stored.is_scaled else f"grey values of {stored.bits} bits"
        raise DataError(
            f"{path} holds {how}, which some readers scale to 0..255 and others do not, so the integers that are meant "
            "are not sure.\n  Save the mask as a grey PNG of 8 or 16 bits per pixel."
        )


def _indices(image: Image.Image, path: Path, reordered: bool) -> NDArray[np.uint8]:
    """Return the indices of a palette, unless its colours are greys that mean other numbers, or writers reorder it."""
    indices = np.array(image)
    used = np.flatnonzero(np.bincount(indices.ravel(), minlength=256))
    palette = np.zeros((256, 3), np.uint8)
    given = np.frombuffer(bytes(image.getpalette("RGB") or ()), np.uint8).reshape(-1, 3)
    palette[: len(given)] = given
    seen = palette[used]
    all_grey, as_numbered = (seen == seen[:, :1]).all(), (seen == used[:, None]).all()
    if (all_grey or reordered) and not as_numbered:
        pairs = ", ".join(f"{index} is {_hexadecimal(colour)}" for index, colour in zip(used[:4], seen, strict=False))
        more = f" and {len(used) - 4} more" if len(used) > 4 else ""
        raise DataError(
            f"{path} has a {'grey palette' if all_grey else 'palette of a GIF'} in an order of its own ({pairs}{more}),"
            " so it is not sure whether its numbers or its colours are meant, and other files may have another order.\n"
            "  Save the masks as grey PNG, by Pillow: Image.open(file).convert('L').save('mask.png') keeps the greys, "
            "Image.fromarray(np.array(Image.open(file))).save('mask.png') the numbers."
        )
    return indices


def whole(values: NDArray[np.floating], path: Path) -> NDArray[np.int32]:
    """Return floats as the integers they are.

    Args:
        values: Of a mask.
        path: The file, for errors.

    Raises:
        DataError: If one is none, or so large that float32 would round it.
    """
    with np.errstate(invalid="ignore"):
        odd = ~(np.abs(values) <= _WHOLE_FLOATS) | (values != np.round(values))  # the first holds for nan, too
    if odd.any():
        raise DataError(
            f"{path} holds floats that are no integers ({int(odd.sum())} pixels such as {values[odd][0]}), expected a "
            "mask of integers; save it as a grey PNG."
        )
    return values.astype(np.int32)


def _grey(image: Image.Image, path: Path) -> NDArray[np.uint8]:
    pixels = np.array(image)
    colours = pixels if image.mode == "RGB" else pixels[..., :-1]
    if image.mode != "RGB" and (pixels[..., -1] != 255).any():
        raise DataError(f"{path} is partly transparent, expected opaque pixels; save the mask without alpha.")
    differ = (colours != colours[..., :1]).any(axis=-1)
    if differ.any():
        example = tuple(colours[differ][0].tolist())
        raise DataError(
            f"{path} is a colour image ({int(differ.sum())} pixels such as {example}), expected one integer per pixel; "
            "save the mask as a grey or palette PNG whose values are classes."
        )
    return colours[..., 0].copy()


def _hexadecimal(colour: NDArray[np.uint8]) -> str:
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"
