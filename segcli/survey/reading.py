"""One way in which a folder can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segcli.config.component import component
from segcli.datasets.image_file import read_size
from segcli.sample import DataError
from segcli.survey.folder import Folder, spread
from segcli.survey.mask_values import MaskValues
from segcli.survey.picture import Picture
from segcli.survey.setting import Setting

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
            found.append(read_size(folder.files[path]))
        except DataError:
            continue
    return found


def channels(pictures: Sequence[Picture]) -> list[Setting]:
    """Return how many channels images are read with, and transforms that can take them.

    Args:
        pictures: How some of the images look.
    """
    if all(picture.is_grey for picture in pictures):
        return [Setting("data.image_mode", "L", "images are grey: one channel")]
    if any(picture.has_fourth for picture in pictures):
        why = "four channels, of which the fourth is not the same everywhere"
        mode = Setting("data.image_mode", "RGBA", why, "RGB, if the fourth is no more than transparency")
        crop = component("RandomScaledCrop") | {"size": "${vars.crop}", "scale": [0.5, 2.0]}
        return [mode, Setting("data.train_transforms", [crop, "HorizontalFlip"], "those for any number of channels")]
    kinds = sorted({"palette" if picture.mode == "P" else picture.mode for picture in pictures})
    return [Setting("data.image_mode", "RGB", f"images are {', '.join(kinds)}")]
