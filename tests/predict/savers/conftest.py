"""What savers are given: an image, and its prediction in bands."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datasets.palette import default_palette
from segcli.predict.apply import Band, WholeImage
from segcli.predict.savers.base import Image, Saver, Told
from segcli.task_kind import KINDS

HEIGHT, WIDTH = 40, 53
CLASSES = ("a", "b", "c")
TASKS = ("multiclass", "binary", "multilabel")


@dataclass
class Case:
    """A prediction of one task, and where it goes."""

    told: Told
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    pixels: NDArray[np.uint8]

    def bands(self, rows: int = 11) -> Iterator[Band]:
        for first in range(0, HEIGHT, rows):
            part = slice(first, first + rows)
            yield Band(self.labels[..., part, :], self.probabilities[:, part])

    def image(self, name: str = "x/img", **more: Any) -> Image:  # noqa: ANN401
        return Image(name, f"{name}.jpg", WholeImage(self.pixels), more.get("place"), more.get("is_large", False))

    def saved(self, saver: Saver, image: Image | None = None) -> Sequence[Path]:
        saver.begin(image or self.image())
        for band in self.bands():
            saver.add(band)
        return saver.end()


@pytest.fixture(params=TASKS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """One of each task."""
    return make(request.param, tmp_path)


@pytest.fixture
def of_task(tmp_path: Path) -> Callable[[str], Case]:
    """One of the task that is asked for."""
    return lambda task: make(task, tmp_path)


def make(task: str, folder: Path) -> Case:
    rng = np.random.default_rng(0)
    classes = CLASSES[:2] if task == "binary" else CLASSES
    probabilities = rng.random((1 if task == "binary" else 3, HEIGHT, WIDTH)).astype(np.float32)
    probabilities[:, 10:20, 10:30] = 0.1
    if task == "multiclass":
        probabilities /= probabilities.sum(axis=0)
        labels = probabilities.argmax(axis=0).astype(np.uint8)
    else:
        labels = (probabilities > 0.5).astype(np.uint8)
        labels = labels[0] if task == "binary" else labels
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    told = Told(folder / "out", classes, default_palette(len(classes)), KINDS[task])  # type: ignore[index]
    return Case(told, labels, probabilities, pixels)
