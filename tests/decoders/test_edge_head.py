import pytest
import torch

from segcli.decoders.edge_head import EdgeHead
from segcli.features import Features, FeatureSpec
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.edge_loss import EdgeLoss
from segcli.prediction import DensePrediction, EdgePrediction

PYRAMID = [FeatureSpec(8, 2), FeatureSpec(12, 4)]
SIZE = (32, 48)


def features() -> Features:
    torch.manual_seed(0)
    levels = [torch.randn(2, f.channels, SIZE[0] // f.stride, SIZE[1] // f.stride) for f in PYRAMID]
    return Features(levels, torch.randn(2, 3, *SIZE), SIZE)


@pytest.mark.parametrize(("level", "stride"), [(0, 2), (1, 4), (-1, 4)])
def test_there_is_one_logit_for_each_pixel_of_the_level(level: int, stride: int) -> None:
    prediction = EdgeHead(PYRAMID, level, width=8)(features())

    assert isinstance(prediction, EdgePrediction)
    assert prediction.map.shape == (2, 1, SIZE[0] // stride, SIZE[1] // stride)
    assert prediction.logits(SIZE).shape == (2, 1, *SIZE)


def test_every_parameter_gets_a_gradient_through_the_loss() -> None:
    head, criterion = EdgeHead(PYRAMID, width=8), EdgeLoss(CrossEntropyLoss())
    prediction = DensePrediction(torch.randn(2, 3, *SIZE), SIZE, [head(features())])

    mask = torch.zeros(2, *SIZE, dtype=torch.uint8)
    mask[:, 10:, 20:] = 2

    criterion.combine(criterion.values(criterion.sums(prediction, mask))).backward()

    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())


def test_a_level_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"EdgeHead got level 2, expected -2 to 1: .* strides 2, 4; -1 is"):
        EdgeHead(PYRAMID, 2)
    with pytest.raises(ValueError, match="EdgeHead got 0 feature levels"):
        EdgeHead([])
