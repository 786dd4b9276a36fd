"""Folders of small images for tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_image(path: Path, height: int = 16, width: int = 20) -> None:
    """Write noise that differs with the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.name.encode()))
    Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)


def write_mask(path: Path, values: tuple[int, ...], height: int = 16, width: int = 20) -> None:
    """Write columns of the given values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.resize(np.array(values, np.uint8), width)
    Image.fromarray(np.repeat(mask[None], height, axis=0)).save(path)


def write_pairs(images: Path, masks: Path, names: list[str], values: tuple[int, ...] = (0, 255)) -> None:
    """Write an image and its mask for every name."""
    for name in names:
        write_image(images / f"{name}.png")
        write_mask(masks / f"{name}.png", values)
