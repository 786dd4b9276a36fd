import torch

from segcli.layers.resize import resize
from segcli.prediction import DensePrediction


def test_logits_are_resized_with_the_padding_and_then_cropped() -> None:
    low = torch.randn(2, 3, 4, 6)
    prediction = DensePrediction(low, size=(32, 48))

    found = prediction.logits((30, 41))

    torch.testing.assert_close(found, resize(low, size=(32, 48))[..., :30, :41])
    assert prediction.num_outputs == 3


def test_logits_are_computed_once_for_each_size() -> None:
    prediction = DensePrediction(torch.randn(1, 2, 4, 4), size=(16, 16))

    assert prediction.logits((16, 16)) is prediction.logits((16, 16))
    assert prediction.logits((10, 16)).shape == (1, 2, 10, 16)


def test_logits_are_contiguous_and_of_full_precision() -> None:
    low = torch.randn(1, 2, 4, 4, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)

    found = DensePrediction(low, size=(8, 8)).logits((8, 8))

    assert found.is_contiguous()
    assert found.dtype == torch.float32
