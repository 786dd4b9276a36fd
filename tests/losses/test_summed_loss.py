from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.summed_loss import SummedLoss, Sums


def test_a_loss_says_what_its_subclass_must() -> None:
    class Half(SummedLoss):
        def sums(self, logits: Tensor, mask: Tensor) -> Sums:
            return ()

    with pytest.raises(TypeError, match="averages"):
        Half()  # type: ignore[abstract]


def test_a_subclass_that_keeps_forward_and_sums_together_adds_up() -> None:
    class Other(CrossEntropyLoss):
        def sums(self, logits: Tensor, mask: Tensor) -> Sums:
            return super().sums(logits, mask)

        def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
            return self.value(self.sums(logits, mask))

    class Mixin:
        def forward(self, *both: Any) -> Tensor:  # noqa: ANN401  (a forward of any)
            return 2 * super().forward(*both)  # type: ignore[misc]

    class Mixed(Mixin, CrossEntropyLoss):
        pass

    assert Other().adds_up
    assert not Mixed().adds_up


def test_batches_weigh_as_much_as_they_have_images() -> None:
    class Nothing(SummedLoss):
        averages = "nothing"

        def sums(self, logits: Tensor, mask: Tensor) -> Sums:
            return (logits.sum(),)

        def value(self, sums: Sums) -> Tensor:
            return sums[0]

    assert Nothing().weight(torch.zeros(3, 2, 2), 1) == 3
    assert not Nothing().accumulates
    assert Nothing()(torch.ones(1, 1, 1, 2), torch.zeros(1, 1, 2)) == 2
