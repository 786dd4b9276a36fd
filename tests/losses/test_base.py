import pytest

from segcli.losses.base import Loss


def test_a_loss_without_forward_cannot_be_built() -> None:
    class Half(Loss):
        pass

    with pytest.raises(TypeError, match="forward"):
        Half()
