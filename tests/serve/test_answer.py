import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from segcli.predict.apply import Band
from segcli.serve.answer import answer_json, index_png, of_decision


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("num_classes", [2, 5, 255])
def test_indices_are_kept_with_and_without_colours(num_classes: int) -> None:
    labels = (np.arange(300, dtype=np.uint16).reshape(15, 20) % num_classes).astype(np.uint8)
    palette = np.random.default_rng(0).integers(0, 256, (num_classes, 3), np.uint8)
    for picture, mode in ((_opened(index_png(labels, palette)), "P"), (_opened(index_png(labels)), "L")):
        assert picture.mode == mode
        assert np.array_equal(np.array(picture), labels)


def test_the_probability_of_what_was_decided_is_told() -> None:
    labels = np.array([[0, 1]], np.uint8)
    several = np.array([[[0.7, 0.4]], [[0.3, 0.6]]], np.float32)
    assert np.allclose(of_decision(labels, several), [[0.7, 0.6]])
    assert np.allclose(of_decision(labels, several[1:]), [[0.7, 0.6]])
    masks = np.array([[[1, 0]], [[0, 1]]], np.uint8)
    assert np.allclose(of_decision(masks, several), [[[0.7, 0.6]], [[0.7, 0.6]]])


def test_shares_of_several_labels_are_each_of_all_pixels() -> None:
    masks = np.array([[[1, 1]], [[0, 1]], [[0, 0]]], np.uint8)
    found = json.loads(answer_json(Band(masks, None), ("a", "b", "ü"), {"milliseconds": 1}, confidence=True))
    assert [each["share"] for each in found["classes"]] == [1.0, 0.5, 0.0]
    assert found["classes"][2]["name"] == "ü"
    assert found["milliseconds"] == 1
    assert "confidence" not in found
    assert _opened(base64.b64decode(found["masks"][1])).mode == "1"


def test_a_class_that_is_nowhere_is_counted() -> None:
    found = json.loads(answer_json(Band(np.zeros((2, 2), np.uint8), None), ("a", "b"), {}))
    assert [each["pixels"] for each in found["classes"]] == [4, 0]
