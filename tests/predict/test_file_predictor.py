import dataclasses

import numpy as np
import pytest

from segcli.export.export_checkpoint import Exported
from segcli.export.formats import open_exported
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import Images, PredictorError


@pytest.fixture
def file_predictor(exported: Exported) -> FilePredictor:
    return FilePredictor(open_exported(exported.path, threads=1), exported.path.name)


def test_a_file_predicts_what_its_model_does(
    file_predictor: FilePredictor, predictor: CheckpointPredictor, images: Images
) -> None:
    assert (file_predictor.labels(images) == predictor.labels(images)).all()
    np.testing.assert_allclose(file_predictor.probabilities(images), predictor.probabilities(images), atol=1e-4)
    for name in ("classes", "kind", "image_mode", "channels"):
        assert getattr(file_predictor, name) == getattr(predictor, name)


def test_a_file_without_probabilities_says_how_to_get_them(file_predictor: FilePredictor, images: Images) -> None:
    model = file_predictor._model
    model.description = dataclasses.replace(model.description, outputs=["labels"])
    with pytest.raises(PredictorError, match="export it with --probabilities"):
        file_predictor.probabilities(images)


def test_one_image_at_a_time_gives_the_same(file_predictor: FilePredictor, images: Images) -> None:
    at_once, model = file_predictor.labels(images), file_predictor._model
    model.description = dataclasses.replace(model.description, any_batch=False)
    assert (file_predictor.labels(images) == at_once).all()
