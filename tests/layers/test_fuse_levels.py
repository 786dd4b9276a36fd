import pytest
import torch

from segcli.layers.conv_norm_act import ConvNormAct
from segcli.layers.fuse_levels import fuse_levels
from segcli.layers.resize import resize


@pytest.mark.parametrize("training", [True, False])
def test_is_the_block_of_the_concatenation(training: bool) -> None:
    torch.manual_seed(0)
    block = ConvNormAct(10, 6, kernel_size=1).train(training)
    levels = [torch.randn(2, 4, 12, 10), torch.randn(2, 3, 7, 5), torch.randn(2, 3, 1, 1)]

    expected = block(torch.cat([resize(level, like=levels[0]) for level in levels], dim=1))

    torch.testing.assert_close(fuse_levels(block, levels, like=levels[0]), expected, atol=1e-5, rtol=1e-5)
