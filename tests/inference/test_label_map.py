import pytest
import torch

from segcli.inference.label_map import label_map


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("classes", [2, 12, 255])
def test_equals_argmax(memory_format: torch.memory_format, dtype: torch.dtype, classes: int) -> None:
    logits = torch.randn(2, classes, 7, 9).to(dtype=dtype, memory_format=memory_format)
    best = logits.amax(1, keepdim=True)

    labels = label_map(logits)

    assert labels.dtype == torch.uint8
    torch.testing.assert_close(logits.gather(1, labels.long().unsqueeze(1)), best)


def test_of_equals_the_first_in_a_cropped_map() -> None:
    logits = torch.zeros(1, 5, 4, 4)
    logits[:, 2:4] = 1

    assert (label_map(logits[..., 1:, :3]) == 2).all()


def test_not_a_number_still_gives_a_class() -> None:
    logits = torch.full((1, 3, 2, 2), torch.nan)

    assert label_map(logits).max() < 3


def test_binary_is_one_above_zero() -> None:
    logits = torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 3)

    assert label_map(logits).tolist() == [[[0, 0, 1]]]


def test_more_classes_than_uint8_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="256 classes, expected at most 255"):
        label_map(torch.zeros(1, 256, 1, 1))
