import torch

from segcli.decoders.mask2former_pixels import PixelDecoder
from tests.decoders.reference import pyramid, specs


def test_maps_are_coarsest_first_and_masks_are_on_the_finest_of_four() -> None:
    features = specs(4, 6, 8, 10, 12)[1:]
    decoder = PixelDecoder(features, width=32, layers=2)

    maps, of_masks = decoder(pyramid(features, 64, 96))

    assert [tuple(x.shape) for x in maps] == [(1, 32, 2, 3), (1, 32, 4, 6), (1, 32, 8, 12)]
    assert of_masks.shape == (1, 32, 16, 24)


def test_levels_see_each_other() -> None:
    features = specs(4, 6, 8)
    decoder, levels = PixelDecoder(features, width=32, layers=1), pyramid(features, 32, 32)
    before, _ = decoder(levels)
    levels[0] = levels[0] + 1

    after, _ = decoder(levels)

    assert not torch.equal(before[0], after[0])
