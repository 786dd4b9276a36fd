import itertools

import pytest
import torch
from torch import Tensor

from segcli.inference.views import View, averaged, views

EVERY = [
    View(*flips, scale) for *flips, scale in itertools.product((False, True), (False, True), (False, True), (1.0, 0.75))
]


def _smooth(height: int, width: int) -> Tensor:
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 2, width)
    return torch.stack([y + x, y * x])[None]


@pytest.mark.parametrize("view", EVERY, ids=str)
def test_what_is_seen_turns_back(view: View) -> None:
    image = _smooth(80, 96)
    seen = view.of(image)
    expected = (96, 80) if view.transposed else (80, 96)
    assert tuple(seen.shape[-2:]) == tuple(round(side * view.scale) for side in expected)
    tolerance = 0.0 if view.scale == 1 else 0.02
    torch.testing.assert_close(view.back(seen, (80, 96)), image, atol=tolerance, rtol=0)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_view_keeps_the_type_of_pixels(dtype: torch.dtype) -> None:
    image = (_smooth(80, 96) * 80).to(dtype)
    assert all(view.of(image).dtype == dtype for view in EVERY)


def test_eight_turns_of_an_image_are_eight() -> None:
    seen = {tuple(view.of(torch.arange(4.0).view(1, 1, 2, 2)).flatten().tolist()) for view in EVERY if view.scale == 1}
    assert len(seen) == 8


def test_tiny_images_are_not_scaled() -> None:
    assert View(scale=0.75).of(torch.zeros(1, 1, 20, 200)).shape[-2:] == (20, 150)


@pytest.mark.parametrize(
    ("names", "trained", "number"),
    [
        ([], [], 1),
        (["hflip"], [], 2),
        (["hflip", "vflip"], [], 4),
        (["scales"], [], 3),
        (["hflip", "scales"], [], 6),
        (["flips"], ["Resize", "HorizontalFlip"], 2),
        (["flips", "hflip"], ["HorizontalFlip"], 2),
        (["flips"], ["HorizontalFlip", "VerticalFlip"], 4),
        (["flips"], ["D4"], 8),
        (["flips"], ["Transpose"], 2),
    ],
)
def test_views_are_those_that_are_named(names: list[str], trained: list[str], number: int) -> None:
    found = views(names, trained)
    assert len(set(found)) == len(found) == number
    assert found[0] == View()


def test_flips_that_training_never_saw_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got flips, but data\.train_transforms has none of HorizontalFlip"):
        views(["flips"], ["RandomCrop"])


def test_predictions_of_views_are_averaged() -> None:
    image = _smooth(40, 48)
    seen = views(["hflip", "vflip"])
    found = averaged(seen, image, lambda images, view: images + float(view.hflip))
    torch.testing.assert_close(found, image + 0.5)
