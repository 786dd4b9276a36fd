import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segcli.decoders.cgrseg import CGRSeg
from segcli.features import Features, FeatureSpec
from tests.decoders.reference import pyramid, specs

LEVELS = specs(8, 12, 16, 20, 24)


def head(outputs: int = 5, **arguments: int) -> CGRSeg:
    torch.manual_seed(0)
    return CGRSeg(LEVELS, outputs, width=16, blocks=2, band=3, **arguments).eval()


def features(height: int = 97, width: int = 160) -> Features:
    return Features(pyramid(LEVELS, height, width), torch.empty(1, 3, height, width), (height, width))


def test_levels_are_guided_by_context_of_half_the_deepest_size_and_rebuilt_top_down() -> None:
    model, levels = head(), features().levels[2:]
    pooled = torch.cat([F.adaptive_avg_pool2d(x, (2, 3)) for x in levels], dim=1)  # of 4 x 5 pixels
    contexts = model.context(pooled).split([16, 20, 24], dim=1)
    x = None
    for i in (2, 1, 0):
        local, size = levels[i], levels[i].shape[-2:]
        if x is not None:
            local = local + model.expand[i](F.interpolate(x, size, mode="bilinear"))
        weights = F.relu6(model.guide[i].weigh(contexts[i]) + 3) / 6
        x = model.guide[i].reduce(model.rebuild[i](local)) * F.interpolate(weights, size, mode="bilinear")

    torch.testing.assert_close(model.decode(levels), x, atol=1e-5, rtol=1e-5)


def test_classes_of_first_logits_weigh_the_channels_of_the_second() -> None:
    model, given = head(), features()
    nn.init.normal_(model.prototypes.gate[3].weight)
    x = model.decode(given.levels[2:])
    first = model.classify(model.prepare(x))
    of_classes = []
    for k in range(5):
        share = first[0, k].flatten().softmax(0).view(first[0, k].shape)
        of_classes.append((share * x[0]).sum((1, 2)))
    worth = torch.cat([model.prototypes.attend(prototype) for prototype in of_classes]).softmax(0)
    factors = model.prototypes.gate(sum(w * prototype for w, prototype in zip(worth, of_classes, strict=True)))

    expected = model.classify(x * (1 + factors[:, None, None]))

    torch.testing.assert_close(model(given).map, expected, atol=1e-5, rtol=1e-5)


def test_gates_start_half_open_and_one_class_needs_no_attention() -> None:
    x = torch.randn(2, 16, 3, 4)

    assert (head().prototypes(x, torch.randn(2, 5, 3, 4)) == 0.5).all()
    assert head(outputs=1).prototypes.attend is None


def test_uses_the_last_three_levels_whatever_their_strides() -> None:
    model, given = head(), features(64, 64)

    assert model(given).map.shape == (1, 5, 8, 8)
    assert CGRSeg([FeatureSpec(8, 16)] * 4, 5, width=8).channels == [8, 8, 8]
    torch.testing.assert_close(model(given).map, model(given._replace(levels=given.levels[2:])).map)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="CGRSeg got band 4, expected an odd number; use 5"):
        CGRSeg(LEVELS, 5, band=4)
