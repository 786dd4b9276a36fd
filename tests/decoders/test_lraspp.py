import pytest
import torch
from torch.nn import functional as F
from torchvision.models.segmentation.lraspp import LRASPPHead

from segcli.decoders.lraspp import LRASPP
from segcli.features import FeatureSpec
from tests.decoders.reference import copy_by_position, pyramid

LEVELS = [FeatureSpec(12, 4), FeatureSpec(16, 8), FeatureSpec(40, 16)]


def test_equals_torchvisions_with_its_weights() -> None:
    torch.manual_seed(0)
    reference = LRASPPHead(low_channels=16, high_channels=40, num_classes=5, inter_channels=8).eval()
    decoder = LRASPP(LEVELS, width=8).eval()
    copy_by_position(reference.cbr, decoder.reduce)
    copy_by_position(reference.scale[1], decoder.weigh)
    maps = pyramid(LEVELS, 97, 160)
    high, low = reference.high_classifier, reference.low_classifier

    logits = F.conv2d(decoder(maps), torch.cat([high.weight, low.weight], dim=1), high.bias + low.bias)

    torch.testing.assert_close(logits, reference({"low": maps[1], "high": maps[2]}), atol=1e-5, rtol=1e-5)


def test_a_large_map_has_several_windows() -> None:
    decoder = LRASPP(LEVELS, width=8).eval()
    levels = pyramid(LEVELS, 1024, 1280)  # 64 x 80 at stride 16: one window down, two across
    left = decoder(levels)

    levels[2][..., 60] += 100  # in the right window only

    changed = (decoder(levels) - left)[:, :8].abs().amax(dim=(0, 1, 2))
    assert changed[0] == 0
    assert changed[100] > 0  # of column 50 of the deep map


@pytest.mark.parametrize(
    ("strides", "fine"), [([4, 8, 16, 16], 1), ([2, 4, 8, 16, 32], 3), ([16, 16], 0), ([8, 8, 8], 1), ([4, 4, 8], 1)]
)
def test_the_fine_level_is_the_last_of_finer_stride(strides: list[int], fine: int) -> None:
    decoder = LRASPP([FeatureSpec(8, stride) for stride in strides])

    assert (decoder.fine_index, decoder.out_stride, decoder.out_channels) == (fine, strides[fine], 128 + 8)


def test_one_level_is_not_enough() -> None:
    with pytest.raises(ValueError, match="LRASPP got 1 feature level, expected at least 2"):
        LRASPP(LEVELS[:1])
