import pytest
import torch

from segcli.losses.base import Loss, sigmoid_mask


def test_a_loss_without_forward_cannot_be_built() -> None:
    class Half(Loss):
        pass

    with pytest.raises(TypeError, match="forward"):
        Half()


@pytest.mark.parametrize(
    ("logits", "mask", "expected"),
    [
        ((2, 3, 4, 5), (2, 4, 5), None),
        ((2, 1, 4, 5), (2, 4, 5), (2, 1, 4, 5)),
        ((2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5)),
        ((2, 1, 4, 5), (2, 1, 4, 5), (2, 1, 4, 5)),
    ],
)
def test_the_shape_of_the_mask_says_which_classes_have_a_sigmoid(
    logits: tuple[int, ...], mask: tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    found = sigmoid_mask(torch.empty(logits), torch.empty(mask))

    assert (None if found is None else found.shape) == expected


@pytest.mark.parametrize("mask", [(2, 1, 4, 5), (2, 5, 4), (1, 4, 5), (4, 5), (2, 4, 4, 5)])
def test_a_mask_of_another_shape_is_told(mask: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(2, 4, 5\) or, with several labels per pixel, \(2, 3, 4, 5\)"):
        sigmoid_mask(torch.empty(2, 3, 4, 5), torch.empty(mask))
