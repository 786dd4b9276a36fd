import pytest
import torch
from torch import nn

from segcli.layers.group_norm import GroupNorm, expect_groups


def test_is_torchs_where_that_works() -> None:
    x = torch.randn(2, 8, 3, 5)

    torch.testing.assert_close(GroupNorm(4, 8)(x), nn.GroupNorm(4, 8)(x))


@pytest.mark.parametrize("training", [True, False])
def test_a_group_of_one_value_is_its_own_mean(training: bool) -> None:
    y = GroupNorm(8, 8).train(training)(torch.randn(1, 8, 1, 1))

    torch.testing.assert_close(y, torch.zeros_like(y), atol=1e-3, rtol=0)


def test_channels_that_cannot_be_shared_out_are_an_error_that_says_how_many_can() -> None:
    expect_groups("X", "width", 64, 32)
    with pytest.raises(ValueError, match=r"X got width 33, expected a multiple of 32 .*; use 64"):
        expect_groups("X", "width", 33, 32)
