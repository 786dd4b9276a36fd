import copy

import numpy as np
import pytest

from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.ensemble import Ensemble
from segcli.predict.predictor import Images, PredictorError
from segcli.task_kind import KINDS


def _other(predictor: CheckpointPredictor) -> CheckpointPredictor:
    other = copy.deepcopy(predictor)
    other.name = "other.ckpt"
    for weight in other.segmenter.classifier.parameters():
        weight.data += 0.5 * weight.data.flip(0)
    return other


def test_an_ensemble_averages_probabilities(predictor: CheckpointPredictor, images: Images) -> None:
    other = _other(predictor)
    ensemble = Ensemble([predictor, other])
    expected = (predictor.probabilities(images) + other.probabilities(images)) / 2
    np.testing.assert_allclose(ensemble.probabilities(images), expected, rtol=1e-6)
    assert (ensemble.labels(images) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize(
    ("what", "value"),
    [("classes", ("a", "b")), ("channels", 4), ("image_mode", "L"), ("kind", KINDS["multilabel"])],
)
def test_models_of_different_things_are_not_averaged(predictor: CheckpointPredictor, what: str, value: object) -> None:
    other = _other(predictor)
    setattr(other, what, value)
    with pytest.raises(PredictorError, match=r"other\.ckpt has other .* than best\.ckpt"):
        Ensemble([predictor, other])
