from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images, PredictorError


@pytest.mark.parametrize("shape", [(70, 50), (1, 70, 50, 1), (1, 70, 50, 4)])
def test_images_of_other_channels_are_refused(predictor: CheckpointPredictor, shape: tuple[int, ...]) -> None:
    with pytest.raises(PredictorError, match=r"best\.ckpt takes 3 channels"):
        predictor.labels(np.zeros(shape, np.uint8))


def test_images_of_another_type_are_refused_where_it_is_known(predictor: CheckpointPredictor, images: Images) -> None:
    predictor.dtype = "uint16"
    with pytest.raises(PredictorError, match=r"of type uint8, best\.ckpt takes uint16"):
        predictor.labels(images)


def test_images_of_another_size_are_refused_where_there_is_one(predictor: CheckpointPredictor, images: Images) -> None:
    predictor.size = (64, 64)
    with pytest.raises(PredictorError, match=r"70x50 pixels, best\.ckpt takes 64x64 only"):
        predictor.probabilities(images)


def test_files_are_read_as_in_training(predictor: CheckpointPredictor, tmp_path: Path) -> None:
    Image.fromarray(np.full((5, 7), 9, np.uint8)).save(tmp_path / "grey.png")
    assert predictor.read([tmp_path / "grey.png"]).shape == (5, 7, 3)
