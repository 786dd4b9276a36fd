"""Predictions as files: class indices that any tool reads, and pictures to look at."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.inference.picture import IGNORED, as_picture, overlay
from segcli.sample import IGNORE_INDEX

OVERLAYS = "overlays"


def prediction_names(paths: Sequence[str]) -> dict[str, str]:
    """Return a file name without extension for every image, no two alike, whatever the order of prediction.

    An image keeps its own name where no other image has it. Otherwise extension and, as far as needed, parent
    folders join: ``a.png`` and ``a.jpg`` become ``a_png`` and ``a_jpg``, ``x/a.png`` and ``y/a.png`` become
    ``x_a_png`` and ``y_a_png``. Letter case does not tell names apart, since on some disks it does not.

    Args:
        paths: All images that will be predicted.
    """
    unique = list(dict.fromkeys(paths))
    depth = max((len(Path(path).parts) for path in unique), default=0)
    names: dict[str, str] = {}
    for parts in range(depth + 1):
        candidates = {path: _name(Path(path), parts) for path in unique if path not in names}
        counts = Counter(name.casefold() for name in candidates.values())
        taken = {name.casefold() for name in names.values()}
        for path, name in candidates.items():
            if counts[name.casefold()] == 1 and name.casefold() not in taken:
                names[path] = name
    for path in unique:  # a_b/c.png and a/b_c.png
        number, taken = 2, {name.casefold() for name in names.values()}
        while path not in names:
            name = f"{_name(Path(path), depth)}_{number}"
            if name.casefold() not in taken:
                names[path] = name
            number += 1
    return names


class PredictionFiles:
    """Write predictions into a folder: ``name.png`` with class indices, ``overlays/name.png`` to look at.

    Index files hold class indices and show the classes' colours, being PNG files with a palette. Where a pixel may have
    several classes, there is ``class/name.png`` for each instead, a PNG of 1 bit: black is no, white is yes, which
    Pillow reads as 0 and 1, OpenCV as 0 and 255. A file appears whole or not at all.

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
            _save(Image.fromarray(overlay(under, labels, self.palette)), self.folder / OVERLAYS / name)
        return targets


def _name(path: Path, parts: int) -> str:
    if parts == 0:
        return path.stem
    parents = path.parts[-parts:-1]
    return "_".join([*(part.strip("/\\:.") for part in parents), path.stem, path.suffix[1:]]).strip("_")


def _save(picture: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        picture.save(temporary, format="PNG")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
