import pytest
import torch
from torchmetrics.classification import MulticlassFBetaScore

from segcli.metrics.f_beta import FBeta
from segcli.sample import IGNORE_INDEX
from tests.metrics.made_batches import drawn, evaluated, predicted


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_is_that_of_torchmetrics(beta: float) -> None:
    logits, mask = drawn("multiclass")
    metric = FBeta(beta)
    metric.begin("multiclass", 3)
    metric.update(evaluated(logits, mask))
    theirs = MulticlassFBetaScore(beta, 3, average=None, ignore_index=IGNORE_INDEX)

    torch.testing.assert_close(metric.compute().float(), theirs(logits, mask.long()))


def test_of_four_pixels() -> None:
    truth, guess = torch.tensor([[[1, 1, 1, 0]]]), torch.tensor([[[1, 0, 0, 1]]])
    metric = FBeta(beta=2)
    metric.begin("multiclass", 2)
    metric.update(predicted(guess, truth.to(torch.uint8)))

    precision, recall = 1 / 2, 1 / 3
    assert float(metric.compute()[1]) == pytest.approx(5 * precision * recall / (4 * precision + recall))


@pytest.mark.parametrize("beta", [0, -1, float("inf"), float("nan")])
def test_a_beta_that_weighs_nothing_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match="FBeta got beta"):
        FBeta(beta)
