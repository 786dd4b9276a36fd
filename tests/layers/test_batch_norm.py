import pytest
import torch
from torch import nn

from segcli.layers.batch_norm import BatchNorm


@pytest.mark.parametrize("shape", [(2, 3, 1, 1), (1, 3, 1, 2), (2, 3, 5, 4)])
def test_is_torchs_where_that_works(shape: tuple[int, ...]) -> None:
    ours, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    x = torch.randn(shape)

    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_one_value_per_channel_is_normalised_by_the_past_and_leaves_it_as_it_is() -> None:
    norm = BatchNorm(3)
    norm(torch.randn(4, 3, 8, 8) * 5 + 2)
    before = {key: value.clone() for key, value in norm.state_dict().items()}
    x = torch.randn(1, 3, 1, 1, requires_grad=True)

    y = norm(x)
    y.sum().backward()

    torch.testing.assert_close(norm.state_dict(), before)
    torch.testing.assert_close(y, norm.eval()(x))
    assert (x.grad != 0).all()
    assert (norm.weight.grad != 0).all()


def test_becomes_synchronised_like_torchs() -> None:
    assert isinstance(nn.SyncBatchNorm.convert_sync_batchnorm(BatchNorm(3)), nn.SyncBatchNorm)
