import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.segformer import SegFormer
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 16, 24, 32, 40)


@pytest.mark.parametrize("width", [8, 0])
def test_equals_the_reference_with_its_weights(width: int) -> None:
    """That takes the level of stride 2 where a backbone has one; a transformer's is said to have no channels."""
    torch.manual_seed(0)
    channels = [3, width, *(f.channels for f in LEVELS[1:])]
    reference = smp.decoders.segformer.decoder.SegformerDecoder(channels, 5, 16).eval()
    levels = [f for f in LEVELS if f.channels in channels]
    decoder = SegFormer(levels, width=16, levels=5).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(levels, 96, 160)

    expected = reference([torch.empty(1, 3, 96, 160), *([torch.empty(1, 0, 48, 80)] * (width == 0)), *maps])

    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)


def test_takes_the_last_four_levels_by_default() -> None:
    decoder = SegFormer(LEVELS, width=8).eval()
    maps = pyramid(LEVELS, 64, 64)

    assert decoder.out_stride == 4
    assert [project.in_channels for project in decoder.project] == [40, 32, 24, 16]
    torch.testing.assert_close(decoder(maps), decoder(maps[1:]))


def test_zeroes_whole_channels_in_training_only() -> None:
    decoder, maps = SegFormer(LEVELS, width=64, dropout=0.5), pyramid(LEVELS, 64, 64)

    assert 15 < (decoder(maps) == 0).all(dim=(2, 3)).sum() < 50
    assert (decoder.eval()(maps) == 0).all(dim=(2, 3)).sum() == 0


def test_no_level_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="levels 0, expected at least 1; leave it out"):
        SegFormer(LEVELS, levels=0)
