import torch
from torch import Tensor

from segcli.losses.mean_loss import MeanLoss


class Positive(MeanLoss):
    """Mean logit of the pixels that are 1."""

    averages = "pixels that are 1"

    def total(self, logits: Tensor, mask: Tensor) -> Tensor:
        return (logits[:, 0] * (mask == 1)).sum()

    def weight(self, mask: Tensor, channels: int) -> Tensor:
        return (mask == 1).sum()


def test_is_the_sum_by_the_weights() -> None:
    logits, mask = torch.tensor([[[[1.0, 2.0, 6.0]]]]), torch.tensor([[[1, 0, 1]]])

    assert Positive()(logits, mask) == 3.5
    assert [int(part) for part in Positive().sums(logits, mask)] == [7, 2]


def test_without_a_weight_it_is_a_differentiable_zero() -> None:
    logits = torch.ones(1, 1, 1, 3, requires_grad=True)

    loss = Positive()(logits, torch.zeros(1, 1, 3))

    assert loss == 0
    assert (torch.autograd.grad(loss, logits)[0] == 0).all()
    assert Positive().value((torch.tensor(5.0), torch.tensor(0))) == 0


def test_what_is_not_a_number_stays_so() -> None:
    assert Positive().value((torch.tensor(torch.nan), torch.tensor(0))).isnan()
