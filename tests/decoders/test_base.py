import pytest
from torch import Tensor, nn

from segcli.decoders.base import Decoder


def test_a_decoder_without_forward_cannot_be_built() -> None:
    class Half(Decoder):
        pass

    with pytest.raises(TypeError, match="forward"):
        Half()


def test_a_decoder_is_a_module_with_a_pointwise_classifier_by_default() -> None:
    class Last(Decoder):
        def forward(self, features: list[Tensor]) -> Tensor:
            return features[-1]

    assert isinstance(Last(), nn.Module)
    assert Last().classifier_kernel == 1
