from functools import partial

import pytest
import torch
from torch import nn

from segcli.decoders.deep_supervision import DeepSupervision
from segcli.decoders.fpn import FPN
from segcli.decoders.unet import UNet
from segcli.decoders.unet_plus_plus import UNetPlusPlus
from segcli.features import Features
from tests.decoders.reference import pyramid, specs

PYRAMID = specs(4, 6, 8, 10)
BASE = partial(UNetPlusPlus, channels=[8, 8, 8, 8])


def features() -> Features:
    return Features(pyramid(PYRAMID, 32, 48, 2), torch.empty(2, 3, 32, 48), (32, 48))


def test_every_stage_is_an_extra_prediction_of_training_and_the_last_is_the_prediction() -> None:
    head, given = DeepSupervision(PYRAMID, 3, BASE), features()

    prediction = head(given)

    assert prediction.map.shape == (2, 3, 32, 48)
    assert [each.map.shape for each in prediction.extra] == [(2, 3, 16, 24)] * 2
    stages = head.base.stages(given.levels)
    torch.testing.assert_close(prediction.extra[1].map, head.classifiers[1](stages[1]))
    head.eval()
    assert head(given).extra == ()
    torch.testing.assert_close(head(given).map, head.classifiers[2](head.base(given.levels)))


def test_a_pruned_head_predicts_from_an_earlier_stage_with_the_same_weights() -> None:
    whole, pruned, given = DeepSupervision(PYRAMID, 3, BASE), DeepSupervision(PYRAMID, 3, BASE, prune=1), features()
    pruned.load_state_dict(whole.state_dict())
    whole.eval(), pruned.eval()

    found = pruned(given).map

    torch.testing.assert_close(found, whole.classifiers[0](whole.base.stages(given.levels)[0]))
    assert len(pruned.train()(given).extra) == 2


@pytest.mark.parametrize("prune", [None, 2])
def test_the_mean_of_all_stages_is_that_of_their_logits(prune: int | None) -> None:
    head, given = DeepSupervision(PYRAMID, 3, BASE, prune, average=True), features()
    one = DeepSupervision(PYRAMID, 3, BASE)
    one.load_state_dict(head.state_dict())
    head.eval(), one.eval()

    found = head(given)

    expected = []
    for stage in range(1, (prune or 3) + 1):
        one.prune = stage
        expected.append(one(given).map)
    size = expected[-1].shape[-2:]
    whole = [nn.functional.interpolate(each, size, mode="bilinear", antialias=False) for each in expected]
    torch.testing.assert_close(found.map, sum(whole) / len(whole))
    assert found.extra == ()
    assert len(head.train()(given).extra) == 2


def test_a_unet_s_blocks_are_stages() -> None:
    prediction = DeepSupervision(PYRAMID, 3, partial(UNet, channels=[8, 7, 6, 5]))(features())

    assert [each.map.shape[2:] for each in (*prediction.extra, prediction)] == [(4, 6), (8, 12), (16, 24), (32, 48)]


def test_a_base_without_stages_is_an_error() -> None:
    with pytest.raises(ValueError, match="DeepSupervision got FPN as base, expected a decoder with stages"):
        DeepSupervision(PYRAMID, 3, FPN)
    with pytest.raises(ValueError, match="DeepSupervision got UNet of a single stage as base"):
        DeepSupervision(PYRAMID[:1], 3, UNet)


@pytest.mark.parametrize("prune", [0, 4])
def test_a_stage_that_is_not_there_is_an_error(prune: int) -> None:
    with pytest.raises(ValueError, match=f"prune {prune}, expected 1 to 3, the stages of UNetPlusPlus"):
        DeepSupervision(PYRAMID, 3, BASE, prune=prune)
