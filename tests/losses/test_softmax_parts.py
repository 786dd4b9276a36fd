import torch
from torch.nn import functional as F

from segcli.losses.softmax_parts import _Softmax, softmax_parts
from segcli.sample import IGNORE_INDEX
from tests.losses.data import batch


def test_gradients_in_double_precision() -> None:
    logits, mask = batch("multiclass")
    logits, mask = logits.detach().double().flatten(2)[..., 16:24].requires_grad_(), mask.flatten(1)[:, 16:24]

    for with_cross_entropy in (False, True):
        assert torch.autograd.gradcheck(lambda x, c=with_cross_entropy: _Softmax.apply(x, mask, c)[: 2 + c], (logits,))


def test_the_cross_entropy_is_that_of_torch() -> None:
    logits, mask = batch("multiclass")
    far = (logits * 60).detach().requires_grad_()  # probabilities that float32 does not hold

    found = softmax_parts(far, mask, with_cross_entropy=True).cross_entropy
    assert found is not None
    expected = F.cross_entropy(far, mask.long(), ignore_index=IGNORE_INDEX, reduction="none")

    assert found.max() > 104
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found.square().sum(), far), torch.autograd.grad(expected.square().sum(), far)
    )


def test_it_is_left_out_if_not_asked_for() -> None:
    assert softmax_parts(*batch("multiclass")).cross_entropy is None


def test_an_ignored_pixel_of_infinite_cross_entropy_counts_nothing() -> None:
    logits = torch.zeros(1, 2, 1, 2)
    logits[0, 0] = -torch.inf
    mask = torch.tensor([[[1, IGNORE_INDEX]]], dtype=torch.uint8)

    assert softmax_parts(logits, mask, with_cross_entropy=True).cross_entropy.tolist() == [[[0.0, 0.0]]]
