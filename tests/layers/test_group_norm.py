import pytest
import torch
from torch import nn

from segcli.layers.group_norm import GroupNorm


def test_is_torchs_where_that_works() -> None:
    x = torch.randn(2, 8, 3, 5)

    torch.testing.assert_close(GroupNorm(4, 8)(x), nn.GroupNorm(4, 8)(x))


@pytest.mark.parametrize("training", [True, False])
def test_a_group_of_one_value_is_its_own_mean(training: bool) -> None:
    y = GroupNorm(8, 8).train(training)(torch.randn(1, 8, 1, 1))

    torch.testing.assert_close(y, torch.zeros_like(y), atol=1e-3, rtol=0)
