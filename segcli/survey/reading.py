"""One way in which a folder can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.datasets.image_channels import read_form
from segcli.datasets.image_file import read_size
from segcli.datasets.record_image import NATIVE
from segcli.sample import DataError
from segcli.survey.folder import Folder, spread
from segcli.survey.mask_values import MaskValues
from segcli.survey.picture import Picture
from segcli.survey.setting import Setting, count

GEOMETRY = "segcli:augment_geometry"
_SIZES = 60
"""Images whose size is read."""


@dataclass(frozen=True)
class Reading:
    """Keys by which images and masks are found and read.

    Attributes:
        about: What it takes the folder for, in words.
        settings: Keys of ``data`` besides ``root``.
        images: Number of images with masks.
        sizes: Heights and widths of some of them.
        values: What masks hold; None where that is not known.
        image_of: Mask to its image.
        presets: Presets that it extends, each with what it is.
        preset_keys: What these set of ``data``.
        files_per_image: Masks of an image, on average.
        notes: What else was found.
    """

    about: str
    settings: Sequence[Setting]
    images: int
    sizes: Sequence[tuple[int, int]]
    values: MaskValues | None = None
    image_of: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, str] = field(default_factory=dict)
    preset_keys: Mapping[str, Any] = field(default_factory=dict)
    files_per_image: float = 1.0
    notes: Sequence[str] = ()


def sizes_of(folder: Folder, images: Sequence[str]) -> list[tuple[int, int]]:
    """Return heights and widths of some images, those that can be read."""
    found = []
    for path in spread(images, _SIZES):
        try:
            found.append(_size_of(folder.files[path]))
        except DataError:
            continue
    return found


def _size_of(path: Path) -> tuple[int, int]:
    try:
        return read_size(path)
    except DataError:  # of more channels than pictures have
        return read_form(path)[1]


def channels(pictures: Sequence[Picture], files: int = 1) -> list[Setting]:
    """Return how many channels images are read with.

    Args:
        pictures: How some of the images look.
        files: Of an image, each with some of its channels.
    """
    if files > 1 or any(picture.is_native for picture in pictures):
        return _native(pictures, files)
    if all(picture.is_grey for picture in pictures):
        return [Setting("data.image_mode", "L", "images are grey: one channel")]
    if any(picture.has_fourth for picture in pictures):
        why = "four channels, of which the fourth is not the same everywhere"
        return [Setting("data.image_mode", "RGBA", why, "RGB, if the fourth is no more than transparency")]
    kinds = sorted({"palette" if picture.mode == "P" else picture.mode for picture in pictures})
    return [Setting("data.image_mode", "RGB", f"images are {', '.join(kinds)}")]


def geometry(settings: Sequence[Setting]) -> dict[str, str]:
    """Return the preset of transforms that images of other channels than a photo's need, with what it is."""
    modes = {setting.value for setting in settings if setting.key == "data.image_mode"}
    return {GEOMETRY: "crops, mirrored: changes of colour take three channels"} if modes & {"RGBA", NATIVE} else {}


def _native(pictures: Sequence[Picture], files: int) -> list[Setting]:
    """Return keys for images in their own channels and depth; of images that differ, those of the first."""
    form = next((picture.form for picture in pictures if picture.form is not None), None)
    if form is None:
        return []
    number = files * form.channels
    told = f"{count(number, 'channel')} of {form.dtype}"
    why = f"{files} files of {form} make one image" if files > 1 else f"images have {form}"
    found = [
        Setting("data.image_mode", NATIVE, why),
        Setting("model.backbone", {"in_channels": number}, f"images have {told}"),
    ]
    if form.dtype != "uint8":
        found.append(Setting("model.value_range", "percentiles", "the 1st and 99th of each channel stand for 0 and 1"))
    return found
