import pytest

from segcli.backbones.base import Backbone


def test_a_backbone_without_forward_cannot_be_built() -> None:
    class Half(Backbone):
        pass

    with pytest.raises(TypeError, match="forward"):
        Half()
