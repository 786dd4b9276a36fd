import pytest
import torch

from segcli.losses.batch_mean import BatchMean, summed
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.lovasz_loss import LovaszLoss
from tests.losses.test_dense_criterion import Doubled, Mean


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_of_one_batch_it_is_the_loss_to_the_last_bit(size: int) -> None:
    torch.manual_seed(size)
    logits, mask = torch.randn(size, 2, 3, 3, requires_grad=True), torch.zeros(size, 2, 3, 3)

    found, expected = BatchMean(Mean())(logits, mask), Mean()(logits, mask)

    assert torch.equal(found, expected)
    assert found.dtype == expected.dtype
    assert torch.equal(torch.autograd.grad(found, logits)[0], torch.autograd.grad(expected, logits)[0])


def test_losses_whose_sums_add_up_stay_themselves() -> None:
    for loss in (CrossEntropyLoss(), LovaszLoss(per_image=True)):
        assert summed(loss) is loss
    for other in (Mean(), Doubled(), LovaszLoss()):
        assert isinstance(summed(other), BatchMean)
