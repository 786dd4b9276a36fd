from functools import partial

import pytest
import torch

from segcli.decoders.fcn import FCN
from segcli.decoders.linear import Linear
from segcli.decoders.mask2former import Mask2Former
from segcli.decoders.pointrend import PointRend
from segcli.decoders.unet import UNet
from segcli.features import Features
from segcli.layers.point_samples import certainty
from segcli.layers.resize import resize
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.prediction import PointPrediction
from tests.decoders.reference import pyramid, specs

PYRAMID = specs(4, 6, 8, 10)
SIZE = (32, 48)
BASE = partial(FCN, width=8)


def features(height: int = SIZE[0], width: int = SIZE[1]) -> Features:
    return Features(pyramid(PYRAMID, height, width, 2), torch.empty(2, 3, height, width), (height, width))


@pytest.mark.parametrize("outputs", [1, 3])
def test_evaluation_doubles_the_map_and_predicts_its_least_certain_pixels_anew(outputs: int) -> None:
    torch.manual_seed(0)
    head, given = PointRend(PYRAMID, outputs, BASE, subdivisions=1, refined=4, width=8).eval(), features()

    found = head(given).map

    doubled = resize(head.base(given).map, size=(4, 6))
    anew = (found != doubled).any(dim=1)
    assert found.shape == (2, outputs, 4, 6)
    assert anew.flatten(1).sum(1).tolist() == [4, 4]
    assert certainty(doubled)[anew].max() <= certainty(doubled)[~anew].max()
    assert (certainty(doubled)[0][~anew[0]] >= certainty(doubled)[0][anew[0]].max()).all()


def test_what_is_predicted_anew_is_what_the_network_says_there() -> None:
    """All pixels of a map that is as large as the fine level, whose centres are the points."""
    head, given = PointRend(PYRAMID, 3, BASE, subdivisions=2, width=8).eval(), features()
    fine, coarse = given.levels[1], head.base(given).map

    found = head(given).map

    expected = head.points(fine.flatten(2), resize(coarse, like=fine).flatten(2)).view(2, 3, 8, 12)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_it_does_not_go_beyond_the_size_of_the_image() -> None:
    assert PointRend(PYRAMID, 3, UNet, width=8).eval()(features()).map.shape == (2, 3, *SIZE)
    assert PointRend(PYRAMID, 3, BASE, subdivisions=9, width=8).eval()(features()).map.shape == (2, 3, *SIZE)


def test_training_has_a_loss_of_points_and_none_of_those_in_ignored_pixels() -> None:
    torch.manual_seed(0)
    head = PointRend(PYRAMID, 3, BASE, points=32, width=8)
    prediction = head(features())
    (points,) = prediction.extra
    criterion, mask = DenseCriterion(CrossEntropyLoss(), 1.0), torch.randint(3, (2, *SIZE))
    mask[:, :, :24] = 255

    sums = criterion.sums(prediction, mask)
    sums[1][0].sum().backward()

    assert isinstance(points, PointPrediction)
    seen = points.points[..., 0] >= 0.5
    assert 0 < seen.sum() < 64
    assert sums[1][1].sum() == seen.sum()
    assert head.base.classifier.weight.grad is not None  # the coarse logits at the points are not detached


@pytest.mark.parametrize(("base", "wants"), [(Linear, True), (FCN, False)])
def test_levels_pass_the_final_norm_if_the_base_wants_it(base: type, wants: bool) -> None:
    assert PointRend(PYRAMID, 3, base).wants_norm == wants


def test_a_base_without_a_map_is_an_error() -> None:
    base = partial(Mask2Former, queries=3, width=32, layers=1, pixel_layers=1)

    with pytest.raises(ValueError, match="PointRend got Mask2Former as base, which predicts masks of queries"):
        PointRend(PYRAMID, 3, base)(features())


@pytest.mark.parametrize("argument", ["points", "oversample", "subdivisions", "refined", "layers"])
def test_numbers_out_of_range_are_an_error(argument: str) -> None:
    with pytest.raises(ValueError, match=rf"PointRend got .*{argument} 0"):
        PointRend(PYRAMID, 3, BASE, **{argument: 0})
