"""A model that predicts; the exported file of it stands in tests/export."""

import numpy as np
import pytest

from segcli.datasets.palette import default_palette
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images
from segcli.segmenter import Segmenter
from tests.export.conftest import exported, segmenter

__all__ = ["exported", "segmenter"]


@pytest.fixture
def predictor(segmenter: Segmenter) -> CheckpointPredictor:
    """A model of the four classes of shapes."""
    return CheckpointPredictor(segmenter, default_palette(4), "best.ckpt")


@pytest.fixture
def images() -> Images:
    """Two images of 70x50 pixels."""
    return np.random.default_rng(0).integers(0, 256, (2, 70, 50, 3), np.uint8)
