"""Predictions as files: class indices that any tool reads, and pictures to look at."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.inference.picture import IGNORED, overlay
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


def write_prediction(
    folder: Path,
    name: str,
    labels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    image: NDArray[np.uint8] | None = None,
) -> Path:
    """Write ``folder/name.png`` with class indices and a palette, and ``folder/overlays/name.png`` to look at.

    A file appears whole or not at all.

    Args:
        folder: Made if it is missing.
        name: File name without extension, see :func:`prediction_names`.
        labels: ``(H, W)`` class indices.
        palette: ``(K, 3)`` RGB colours.
        image: ``(H, W)`` or ``(H, W, C)`` image under the overlay; None for no overlay.

    Returns:
        The file with class indices.
    """
    colours = np.zeros((256, 3), np.uint8)
    colours[: len(palette)] = palette
    colours[IGNORE_INDEX] = IGNORED
    indexed = Image.fromarray(labels)
    indexed.putpalette(colours.tobytes())
    target = folder / f"{name}.png"
    _save(indexed, target)
    if image is not None:
        _save(Image.fromarray(overlay(image, labels, palette)), folder / OVERLAYS / f"{name}.png")
    return target


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
