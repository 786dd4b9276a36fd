import pytest
import torch

from segcli.decoders.fcn import FCN
from segcli.features import FeatureSpec

PYRAMID = [FeatureSpec(8, 4), FeatureSpec(12, 8), FeatureSpec(16, 16)]


@pytest.mark.parametrize(("level", "stride"), [(-1, 16), (-2, 8), (0, 4)])
def test_it_convolves_the_level_that_is_asked_for(level: int, stride: int) -> None:
    decoder = FCN(PYRAMID, level=level, width=6, convolutions=2)
    maps = [torch.randn(1, f.channels, 64 // f.stride, 64 // f.stride, requires_grad=True) for f in PYRAMID]

    found = decoder(maps)
    found.sum().backward()

    assert found.shape == (1, 6, 64 // stride, 64 // stride)
    assert decoder.out_stride == stride
    assert [x.grad is not None for x in maps] == [f.stride == stride for f in PYRAMID]


@pytest.mark.parametrize("level", [3, -4])
def test_a_level_that_is_not_there_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match=r"level -?\d, expected -3 to 2: the backbone has levels of strides 4, 8, 16"):
        FCN(PYRAMID, level=level)


def test_without_a_convolution_it_is_refused() -> None:
    with pytest.raises(ValueError, match="convolutions 0, expected at least 1"):
        FCN(PYRAMID, convolutions=0)
