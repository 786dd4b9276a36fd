"""The image of a record, from one file, or from several that hold a part of its channels each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_channels import ImageForm, read_channels, read_form
from segcli.datasets.image_file import ImageMode, read_image, read_size
from segcli.datasets.raster_file import require_whole
from segcli.sample import DataError

NATIVE: ImageMode = "native"
Size = tuple[int, int]


def read_record_image(files: Sequence[Path], mode: ImageMode, content: Sequence[bytes] | None = None) -> NDArray[Any]:
    """Return an image, ``(H, W, C)``, or ``(H, W)`` of one channel.

    Args:
        files: Of the image; with ``native``, the channels of each follow those of the one before.
        mode: Channels that it is converted to; ``native`` for those of the files, in uint8, uint16 or float32.
        content: What they hold, where that was read already.

    Raises:
        DataError: If a file is at fault, or files of one image differ in size or type.
    """
    if mode != NATIVE:
        return read_image(files[0], mode, None if content is None else content[0])
    parts = [read_channels(file, None if content is None else content[at]) for at, file in enumerate(files)]
    for file, part in zip(files, parts, strict=True):
        _require_alike(files[0], _described(parts[0]), file, _described(part))
    image = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
    return image[..., 0] if image.shape[-1] == 1 else image


def record_size(files: Sequence[Path], mode: ImageMode, content: Sequence[bytes] | None = None) -> Size:
    """Return height and width of an image in pixels, from the header of its first file.

    Args:
        files: Of the image.
        mode: As for :func:`read_record_image`.
        content: What they hold, where that was read already.

    Raises:
        DataError: If the header is unreadable.
    """
    data = None if content is None else content[0]
    return read_form(files[0], data)[1] if mode == NATIVE else read_size(files[0], data)


def record_form(files: Sequence[Path], content: Sequence[bytes] | None = None) -> tuple[ImageForm, Size]:
    """Return the form of an image of mode ``native``, and its height and width, from headers.

    Args:
        files: Of the image.
        content: What they hold, where that was read already.

    Raises:
        DataError: If a header is unreadable, or files of one image differ in size or type.
    """
    parts = [read_form(file, None if content is None else content[at]) for at, file in enumerate(files)]
    return joined_form(files, parts)


def joined_form(files: Sequence[Path], parts: Sequence[tuple[ImageForm, Size]]) -> tuple[ImageForm, Size]:
    """Return the form of an image whose files have these, and its height and width.

    Args:
        files: Of the image.
        parts: Form of each, and height and width.

    Raises:
        DataError: If they differ in size or type.
    """
    (first, size), channels = parts[0], sum(form.channels for form, _ in parts)
    for file, (form, other) in zip(files, parts, strict=True):
        _require_alike(files[0], (size, first.dtype), file, (other, form.dtype))
    return ImageForm(channels, first.dtype), size


def checked_size(files: Sequence[Path], content: Sequence[bytes] | None, form: ImageForm | None) -> Size:
    """Return height and width of an image, if nothing is wrong with it.

    Args:
        files: Of the image.
        content: What they hold; None to look at headers only.
        form: That of all images of a data set of mode ``native``; None for other modes.

    Raises:
        DataError: If a file is at fault, floats are no numbers, or the image has another form.
    """
    for at, file in enumerate(files if content is not None else ()):
        assert content is not None
        require_whole(file, content[at])
    if form is None:
        return read_size(files[0], None if content is None else content[0])
    own, size = record_form(files, content)
    require_form(files[0], own, form)
    if content is not None and form.dtype == "float32":
        for at, file in enumerate(files):
            read_channels(file, content[at])
    return size


def require_form(file: Path, own: ImageForm, form: ImageForm) -> None:
    """Refuse an image that is not of the form of all.

    Raises:
        DataError: If it is not.
    """
    if own != form:
        raise DataError(
            f"{file} has {own}, and the first image of the data {form}, expected one form in all; convert it, or leave "
            "it out."
        )


def _described(image: NDArray[Any]) -> tuple[Size, str]:
    return (image.shape[0], image.shape[1]), image.dtype.name


def _require_alike(first: Path, expected: tuple[Size, str], other: Path, got: tuple[Size, str]) -> None:
    if got != expected:
        shown = [f"{height} x {width} px of {dtype}" for (height, width), dtype in (expected, got)]
        raise DataError(f"{first} has {shown[0]} and {other} {shown[1]}, expected alike channels of one image.")
