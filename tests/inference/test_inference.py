from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.inference.inference import Inference, Part
from segcli.inference.inference_settings import InferenceSettings
from segcli.inference.views import View

CLASSES = ("a", "b", "c")


def _inference(task: str = "multiclass", **settings: Any) -> Inference:  # noqa: ANN401
    classes = CLASSES[:2] if task == "binary" else CLASSES
    return Inference(InferenceSettings(**settings), task, classes, ["HorizontalFlip"])


def _forward(images: Tensor, part: Part) -> Tensor:
    """Predict every pixel for itself."""
    return (images.float() * torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)).softmax(dim=1)


@pytest.mark.parametrize(
    "settings",
    [{}, {"tile": 64}, {"tile": 64, "overlap": 0}, {"tta": ["flips", "vflip"]}, {"tile": 64, "tta": ["hflip"]}],
    ids=str,
)
def test_what_depends_on_the_pixel_alone_is_the_same_whatever_the_settings(settings: dict[str, Any]) -> None:
    images = torch.rand(2, 3, 100, 130)
    found = _inference(**settings).probabilities(images, _forward)
    torch.testing.assert_close(found, _forward(images, Part(0, [0], View())))


@pytest.mark.parametrize("settings", [{"tile": 64}, {"tile": "auto"}, {"tile": 512}, {"tta": ["scales"]}], ids=str)
def test_rows_are_those_of_the_whole(settings: dict[str, Any]) -> None:
    images, inference = torch.rand(1, 3, 150, 97), _inference(**settings)
    bands = inference.rows(150, 97, lambda top, end: images[..., top:end, :], _forward, lambda it: (it, it[:, 0]), 2)
    found, first = (torch.cat(parts, dim=-2) for parts in zip(*bands, strict=True))
    torch.testing.assert_close(found, inference.probabilities(images, _forward))
    assert torch.equal(first, found[:, 0])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, False), ({"tile": 100}, False), ({"tile": 99}, True), ({"tile": "auto"}, False), ({"tta": ["hflip"]}, True)],
    ids=str,
)
def test_what_is_whole_and_seen_once_is_not_averaged(settings: dict[str, Any], expected: bool) -> None:
    assert _inference(**settings).averages(100, 80) is expected


@pytest.mark.parametrize(("task", "expected"), [("binary", [[0, 1]]), ("multilabel", [[[0, 1]], [[1, 0]], [[0, 0]]])])
def test_thresholds_decide(task: str, expected: list[Any]) -> None:
    numbers = [[[0.2, 0.4]], [[0.9, 0.1]], [[0.3, 0.1]]][: 1 if task == "binary" else 3]
    found = _inference(task, threshold=0.3).labels(torch.tensor([numbers]))
    assert found.tolist() == [expected]


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_labels_of_whole_images_are_cleaned(task: str) -> None:
    labels = torch.zeros((2, 3, 9, 9) if task == "multilabel" else (2, 9, 9), dtype=torch.uint8)
    labels[..., 4, 4] = 1
    assert not _inference(task, min_area_px=2).clean(labels).any()
    assert _inference(task).clean(labels) is labels
    ring = labels.clone()
    ring[..., 3:6, 3:6] = 1
    ring[..., 4, 4] = 0
    assert _inference(task, fill_holes_px=1).clean(ring)[..., 4, 4].all()


def test_thresholds_and_flips_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match=r"inference\.threshold is for"):
        _inference(threshold=0.4)
    with pytest.raises(ValueError, match=r"inference\.tta got flips"):
        Inference(InferenceSettings(tta=["flips"]), "binary", CLASSES[:2], ["RandomCrop"])
