import pytest
import torch

from segcli.decoders.mask2former import Mask2Former, _hidden
from segcli.features import Features, FeatureSpec
from segcli.losses.mask_classification_loss import MaskClassificationLoss
from tests.decoders.reference import pyramid, specs

PYRAMID = specs(4, 6, 8, 10)
SMALL = {"num_outputs": 3, "queries": 5, "width": 32, "layers": 2, "pixel_layers": 1}


def _features(levels: list[FeatureSpec], height: int, width: int, batch: int = 1) -> Features:
    return Features(pyramid(levels, height, width, batch), torch.zeros(batch, 3, height, width), (height, width))


def test_every_layer_predicts_in_training_and_the_last_alone_in_evaluation() -> None:
    head = Mask2Former(PYRAMID, **SMALL)
    found = head(_features(PYRAMID, 32, 48, 2))
    assert len(found.extra) == 2
    assert found.masks.shape == (2, 5, 16, 24)
    assert found.classes.shape == (2, 5, 4)
    assert head.eval()(_features(PYRAMID, 32, 48)).extra == ()


def test_every_parameter_is_trained_by_its_loss() -> None:
    torch.manual_seed(0)
    head = Mask2Former(PYRAMID, **{**SMALL, "layers": 3})
    criterion = MaskClassificationLoss(points=64)
    for layer in head.pixels.layers:  # where to look does not depend on what is seen at first
        torch.nn.init.normal_(layer.attention.offsets.weight)
        torch.nn.init.normal_(layer.attention.weights.weight)

    criterion.combine(
        criterion.values(criterion.sums(head(_features(PYRAMID, 32, 32, 2)), torch.randint(3, (2, 32, 32)).byte()))
    ).backward()

    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_query_sees_what_its_mask_holds_or_everything() -> None:
    masks = torch.full((1, 2, 2, 2), -1.0)
    masks[0, 0, 0, 0] = 1

    hidden = _hidden(masks, torch.zeros(1, 1, 2, 2))

    assert hidden.tolist() == [[[False, True, True, True], [False] * 4]]


@pytest.mark.parametrize("features", [PYRAMID[-1:], PYRAMID[-3:], [FeatureSpec(8, 16)] * 4])
def test_it_takes_the_levels_there_are(features: list[FeatureSpec]) -> None:
    head = Mask2Former(features, **SMALL).eval()
    height, width = 48, 80
    prediction = head(_features(features, height, width))
    assert prediction.logits((47, 75)).shape == (1, 3, 47, 75)
    torch.testing.assert_close(prediction.logits((47, 75)).softmax(1).sum(1), torch.ones(1, 47, 75))


@pytest.mark.parametrize(("name", "value"), [("width", 40), ("queries", 0), ("layers", 0), ("pixel_layers", 0)])
def test_numbers_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=rf"Mask2Former got .*{name} {value}"):
        Mask2Former(PYRAMID, **{**SMALL, name: value})
