import numpy as np
import torch

from segcli.datasets.palette import default_palette
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images
from segcli.segmenter import Segmenter


def test_labels_are_those_of_the_model(predictor: CheckpointPredictor, segmenter: Segmenter, images: Images) -> None:
    expected = np.stack([segmenter.predict(image) for image in images])
    assert (predictor.labels(images) == expected).all()


def test_probabilities_decide_alike(predictor: CheckpointPredictor, images: Images) -> None:
    found = predictor.probabilities(images)
    assert found.shape == (2, 4, 70, 50)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (found.argmax(axis=1) == predictor.labels(images)).all()


def test_what_training_casts_is_cast(segmenter: Segmenter, images: Images) -> None:
    types = []
    hook = segmenter.classifier.register_forward_hook(lambda _, __, found: types.append(found.dtype))
    for precision in (None, "32-true", "bf16-mixed"):
        CheckpointPredictor(segmenter, default_palette(4), "", "cpu", precision).labels(images)
    hook.remove()
    assert types == [torch.float32, torch.float32, torch.bfloat16]
