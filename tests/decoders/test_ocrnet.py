import pytest
import torch

from segcli.decoders.ocrnet import OCRNet, _regions
from segcli.features import Features
from tests.decoders.reference import pyramid, specs

PYRAMID = specs(4, 6, 8)


def features(height: int = 32, width: int = 48) -> Features:
    return Features(pyramid(PYRAMID, height, width, 2), torch.empty(2, 3, height, width), (height, width))


def test_a_region_is_the_mean_of_its_pixels_weighted_by_how_much_they_belong_to_it() -> None:
    pixels, coarse = torch.randn(1, 5, 2, 4), torch.full((1, 3, 2, 4), -30.0)
    coarse[0, 0, 0] = 30.0
    coarse[0, 1, 1, 2] = 30.0

    found = _regions(coarse, pixels)

    assert found.shape == (1, 5, 3, 1)
    expected = [pixels[0, :, 0].mean(1), pixels[0, :, 1, 2], pixels[0].mean((1, 2))]
    torch.testing.assert_close(found[0, :, :, 0], torch.stack(expected, dim=1))


def test_of_a_single_class_what_is_outside_is_a_region_too() -> None:
    pixels, coarse = torch.randn(1, 5, 2, 4), torch.full((1, 1, 2, 4), -30.0)
    coarse[..., :1] = 30.0

    found = _regions(coarse, pixels)[0, :, :, 0]

    torch.testing.assert_close(
        found, torch.stack([pixels[0, ..., :1].mean((1, 2)), pixels[0, ..., 1:].mean((1, 2))], 1)
    )


def test_the_coarse_prediction_is_an_extra_one_and_learns_from_the_main_one() -> None:
    head = OCRNet(PYRAMID, 3, levels=2, width=8, key_width=8)

    prediction = head(features())
    prediction.map.square().mean().backward()

    assert prediction.map.shape == (2, 3, 8, 12)
    assert [each.map.shape for each in prediction.extra] == [(2, 3, 8, 12)]
    assert head.coarse[1].weight.grad.abs().sum() > 0
    assert head.eval()(features()).extra == ()


def test_no_level_is_an_error() -> None:
    with pytest.raises(ValueError, match="levels 0, expected at least 1"):
        OCRNet(PYRAMID, 3, levels=0)
