"""Data sets with pictures that a perceptual hash tells apart, and faults in them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.inspection.finding import DataReport, Finding

CLASSES = ["ground", "tree", "car"]
KEYS = "class_path: FolderDataModule, root: data, classes: [ground, tree, car]"


def scene(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A soft picture of many frequencies, unlike that of any other seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def labels(height: int = 48, width: int = 64, values: Sequence[int] = (0, 1, 2)) -> NDArray[np.uint8]:
    """Columns of the given values."""
    return np.repeat(np.resize(np.array(values, np.uint8), width)[None], height, axis=0)


def write(folder: Path, split: str, name: str, image: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> None:
    """Write an image and its mask."""
    for kind, picture in (("images", image), ("labels", labels(*image.shape[:2]) if mask is None else mask)):
        path = folder / split / kind / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)


def write_data(folder: Path, train: int = 4, val: int = 2) -> Path:
    """Write a data set without fault into ``folder/data``."""
    for split, numbers in (("train", range(train)), ("val", range(train, train + val))):
        for number in numbers:
            write(folder / "data", split, f"{'abcdefghijkl'[number]}", scene(number))
    return folder / "data"


def data_in(folder: Path, **keys: object) -> FolderDataModule:
    return FolderDataModule(str(folder), **{"classes": CLASSES, **keys})  # type: ignore[arg-type]


def the_only(report: DataReport, kind: str) -> Finding:
    """Return the finding of a kind."""
    found = [finding for finding in report.findings if finding.kind == kind]
    assert len(found) == 1, report.findings
    return found[0]
