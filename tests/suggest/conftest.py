"""A model, and a folder of images that it has never seen."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.suggest.measure import Measurer
from tests.predict.conftest import exported, predictor, segmenter

__all__ = ["exported", "predictor", "segmenter"]


@pytest.fixture
def measurer(predictor: CheckpointPredictor) -> Measurer:
    return Measurer(predictor)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write images of noise, each of its own, below the folder of the test."""

    def write(names: Sequence[str], size: tuple[int, int] = (40, 48), channels: int = 3) -> list[Path]:
        files = [tmp_path / name for name in names]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            seed = sum(map(ord, str(file.relative_to(tmp_path))))
            pixels = np.random.default_rng(seed).integers(0, 256, (*size, channels), np.uint8)
            Image.fromarray(pixels).save(file)
        return files

    return write
