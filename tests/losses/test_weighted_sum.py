import pytest
import torch
from torch import Tensor, nn

from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.weighted_sum import WeightedSum


class Scaled(Loss):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return self.factor * logits.mean() + mask.sum()


LOGITS, MASK = torch.ones(1, 2, 3, 3), torch.zeros(1, 3, 3)


def test_adds_terms_with_weight_one_by_default() -> None:
    assert WeightedSum([Scaled(2.0), Scaled(3.0)])(LOGITS, MASK) == 5.0


def test_weighs_terms() -> None:
    assert WeightedSum([Scaled(2.0), Scaled(3.0)], weights=[1.0, 0.5])(LOGITS, MASK) == 3.5


def test_terms_see_several_labels_per_pixel() -> None:
    logits, mask = torch.randn(1, 2, 3, 3), torch.tensor([0, 1, 255]).expand(1, 2, 3, 3)

    both = WeightedSum([CrossEntropyLoss(), DiceLoss()], weights=[1.0, 2.0])(logits, mask)

    torch.testing.assert_close(both, CrossEntropyLoss()(logits, mask) + 2 * DiceLoss()(logits, mask))


def test_terms_are_submodules() -> None:
    assert len(list(WeightedSum([Scaled(2.0), Scaled(3.0)]).parameters())) == 2


def test_errors_say_what_is_expected() -> None:
    with pytest.raises(ValueError, match="0 terms"):
        WeightedSum([])
    with pytest.raises(ValueError, match="got 1 weights, expected 2, one per term"):
        WeightedSum([Scaled(1.0), Scaled(1.0)], weights=[1.0])
