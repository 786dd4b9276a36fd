import pytest
import torch

from segcli.decoders.full_resolution import doubled_sizes, step_widths
from segcli.features import FeatureSpec
from tests.decoders.reference import specs


def test_widths_halve_to_16_or_are_those_asked_for() -> None:
    levels = specs(8, 16, 24, 32, 40)

    assert step_widths("X", levels, None) == [256, 128, 64, 32, 16]
    assert step_widths("X", levels, [5, 4, 3, 2, 1]) == [5, 4, 3, 2, 1]
    assert step_widths("X", [FeatureSpec(8, 1)], None) == [16]
    with pytest.raises(ValueError, match=r"X got 1 channels, expected 5: one for each of 4 skip .* 1 blocks without"):
        step_widths("X", levels, [8])


@pytest.mark.parametrize(
    ("stride", "steps", "sizes"),
    [(4, 2, [(6, 10), (12, 20)]), (14, 4, [(6, 10), (12, 20), (24, 40), (42, 70)]), (1, 1, [(3, 5)]), (2, 0, [])],
)
def test_sizes_double_up_to_the_stride(stride: int, steps: int, sizes: list[tuple[int, int]]) -> None:
    assert doubled_sizes(torch.empty(1, 1, 3, 5), stride, steps) == sizes
