"""Predictions as files: class indices that any tool reads, and pictures to look at."""

import itertools
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.inference.picture import IGNORED, as_picture, overlay
from segcli.sample import IGNORE_INDEX

OVERLAYS = "overlays"


def prediction_names(paths: Sequence[str]) -> dict[str, str]:
    """Return a file name without extension for every image, no two alike, whatever the order of prediction.

    An image keeps its path below the folder that all have in common: ``x/a`` and ``y/a``. Where another has the same,
    the extension joins, ``a_png`` and ``a_jpg``, and then a number. Letter case does not tell names apart, since on
    some disks it does not.

    Args:
        paths: All images that will be predicted.
    """
    below = _below_common_folder(sorted(set(paths)))
    folders = {parent.as_posix().casefold() for path in below.values() for parent in path.parents}
    names: dict[str, str] = {}
    taken = set[str]()

    def take(path: str, name: str) -> bool:
        if name.casefold() in taken or f"{name}.png".casefold() in folders:
            return False
        names[path] = name
        taken.add(name.casefold())
        return True

    for name_of in (_stem, _with_extension):
        candidates = {path: name_of(below[path]) for path in below if path not in names}
        counts = Counter(name.casefold() for name in candidates.values())
        for path, name in candidates.items():
            if counts[name.casefold()] == 1:
                take(path, name)
    for path in below:
        if path not in names:
            next(number for number in itertools.count(2) if take(path, f"{_with_extension(below[path])}_{number}"))
    return names


class PredictionFiles:
    """Write predictions into a folder: ``name.png`` with class indices, ``overlays/name.png`` to look at.

    Index files hold class indices and show the classes' colours, being PNG files with a palette. Where a pixel may have
    several classes, there is ``class/name.png`` for each instead, a PNG of 1 bit: black is no, white is yes, which
    Pillow reads as 0 and 1, OpenCV as 0 and 255. Images in sub-folders have their predictions in such; where one of
    these is called ``overlays``, that of the overlays is ``overlays_2``. A file appears whole or not at all.

    Args:
        folder: Made when the first file is written.
        palette: ``(K, 3)`` RGB colours.
        paths: All images that will be predicted, on whatever device; they decide on names, see
            :func:`prediction_names`.
        classes: Names of the classes, which those folders get.
    """

    def __init__(
        self, folder: Path, palette: NDArray[np.uint8], paths: Sequence[str], classes: Sequence[str] = ()
    ) -> None:
        self.folder, self.palette, self.classes = folder, palette, tuple(classes)
        self.names = prediction_names(paths)
        self.overlays = folder / _free_folder([*self.names.values(), *(f"{name}/" for name in classes)])
        self.colours = np.zeros((256, 3), np.uint8)
        self.colours[: len(palette)] = palette
        self.colours[IGNORE_INDEX] = IGNORED

    def write(self, path: str, labels: NDArray[np.uint8], image: NDArray[np.uint8] | None = None) -> list[Path]:
        """Write the files of one image.

        Args:
            path: The image, one of ``paths``.
            labels: ``(H, W)`` class indices, or ``(K, H, W)`` masks of 0 and 1.
            image: ``(H, W)`` or ``(H, W, C)`` under the overlay, resized to the labels' size; None for no overlay.

        Returns:
            The file with class indices; or the files with masks, in the order of the classes.
        """
        name = f"{self.names[path]}.png"
        targets = [self.folder / name]
        if labels.ndim == 2:
            indexed = Image.fromarray(labels)
            indexed.putpalette(self.colours.tobytes())
            _save(indexed, targets[0])
        else:
            targets = [self.folder / class_name / name for class_name in self.classes]
            for mask, target in zip(labels, targets, strict=True):
                _save(Image.fromarray(mask == 1), target)
        if image is not None:
            under, size = as_picture(image), labels.shape[-2:]
            if under.shape[:2] != size:
                under = np.array(Image.fromarray(under).resize(size[::-1], Image.Resampling.BILINEAR))
            _save(Image.fromarray(overlay(under, labels, self.palette)), self.overlays / name)
        return targets


def _below_common_folder(paths: Sequence[str]) -> dict[str, PurePath]:
    folder = os.path.commonpath([str(PurePath(path).parent) for path in paths]) if paths else ""
    return {path: PurePath(path).relative_to(folder) for path in paths}


def _stem(path: PurePath) -> str:
    return path.with_name(path.stem).as_posix()


def _with_extension(path: PurePath) -> str:
    return path.with_name(f"{path.stem}_{path.suffix[1:]}".rstrip("_")).as_posix()


def _free_folder(names: Iterable[str]) -> str:
    """Return a folder for overlays in which no prediction is."""
    taken, number, name = {name.partition("/")[0].casefold() for name in names if "/" in name}, 2, OVERLAYS
    while name in taken:
        name, number = f"{OVERLAYS}_{number}", number + 1
    return name


def _save(picture: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        picture.save(temporary, format="PNG")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
