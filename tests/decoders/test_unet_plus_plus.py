import pytest
import segmentation_models_pytorch as smp
import torch
from torch import nn

from segcli.decoders.unet_plus_plus import UNetPlusPlus
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 12, 16, 20, 24)


@pytest.mark.parametrize("depth", [3, 5])
def test_equals_the_reference_with_its_weights(depth: int) -> None:
    torch.manual_seed(0)
    levels, widths = LEVELS[:depth], [36, 28, 22, 14, 10][-depth:]
    channels = [3, *(f.channels for f in levels)]
    reference = smp.decoders.unetplusplus.decoder.UnetPlusPlusDecoder(channels, widths, depth).eval()
    decoder = UNetPlusPlus(levels, channels=widths, inner_width="level").eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(levels, 64, 96)

    expected = reference([torch.empty(1, 3, 64, 96), *maps])

    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)


def test_nodes_have_the_width_of_their_row_and_see_all_of_it_and_one_below() -> None:
    decoder = UNetPlusPlus(LEVELS[:4], channels=[50, 40, 30, 20])

    nodes = {name: (node[0].conv.in_channels, node[1].conv.out_channels) for name, node in decoder.nodes.items()}

    assert nodes == {
        "0_1": (12 + 8, 30),
        "1_1": (16 + 12, 40),
        "2_1": (20 + 16, 50),
        "0_2": (40 + 30 + 8, 30),
        "1_2": (50 + 40 + 12, 40),
        "0_3": (40 + 30 + 30 + 8, 30),
    }
    assert [block[0].conv.in_channels for block in decoder.blocks] == [30]


def test_the_top_row_is_there_for_deep_supervision() -> None:
    decoder, maps = UNetPlusPlus(LEVELS, channels=[8] * 5).eval(), pyramid(LEVELS, 33, 64)

    row = decoder.top_row(maps)

    assert row[0] is maps[0]
    assert [tuple(x.shape) for x in row[1:]] == [(1, 8, 17, 32)] * 4
    decoder.blocks = nn.ModuleList()
    torch.testing.assert_close(decoder(maps), row[-1])


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"UNetPlusPlus got 3 channels, expected 5"):
        UNetPlusPlus(LEVELS, channels=[64, 32, 16])
