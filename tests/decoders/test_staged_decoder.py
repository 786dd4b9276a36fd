import pytest
import torch

from segcli.decoders.staged_decoder import StagedDecoder
from segcli.decoders.unet import UNet
from segcli.decoders.unet_plus_plus import UNetPlusPlus
from segcli.features import FeatureSpec
from tests.decoders.reference import pyramid, specs

PYRAMIDS = [specs(4, 6, 8, 10), specs(4, 6), specs(4), [FeatureSpec(4, 1), FeatureSpec(6, 2), FeatureSpec(8, 4)]]


@torch.no_grad()
@pytest.mark.parametrize("kind", [UNet, UNetPlusPlus])
@pytest.mark.parametrize("features", PYRAMIDS)
def test_the_last_stage_is_the_map_and_the_first_are_those_of_fewer(
    kind: type[StagedDecoder], features: list[FeatureSpec]
) -> None:
    decoder, maps = kind(features).eval(), pyramid(features, 16, 32)

    stages = decoder.stages(maps)

    assert [stage.shape[1] for stage in stages] == list(decoder.stage_channels)
    assert decoder.stage_channels[-1] == decoder.out_channels
    torch.testing.assert_close(decoder(maps), stages[-1], atol=0, rtol=0)
    for count in range(1, len(stages) + 1):
        torch.testing.assert_close(decoder.stages(maps, count), stages[:count], atol=0, rtol=0)


def test_stages_of_a_nested_unet_are_its_top_row() -> None:
    features = PYRAMIDS[0]
    decoder, maps = UNetPlusPlus(features).eval(), pyramid(features, 16, 32)

    torch.testing.assert_close(decoder.stages(maps)[:-1], decoder.top_row(maps)[1:3])


def test_a_pruned_nested_unet_computes_what_its_stage_needs() -> None:
    features = PYRAMIDS[0]
    decoder, ran = UNetPlusPlus(features).eval(), []
    for name, node in decoder.nodes.items():
        node.register_forward_hook(lambda *_, name=name: ran.append(name))

    decoder.stages(pyramid(features, 16, 32), count=2)

    assert sorted(ran) == ["0_1", "0_2", "1_1"]
