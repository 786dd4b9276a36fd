import pytest
import torch

from segcli.metrics.average_precision import AveragePrecision
from segcli.metrics.binned_average_precision import BinnedAveragePrecision
from tests.metrics.made_batches import drawn, evaluated


def test_of_classes_is_that_of_the_binned_curve() -> None:
    logits, mask = drawn("multiclass")
    metric, binned = AveragePrecision(thresholds=21), BinnedAveragePrecision(3, 21)
    metric.begin("multiclass", 3)
    metric.update(evaluated(logits, mask))
    binned.update(torch.softmax(logits, 1), mask)

    torch.testing.assert_close(metric.compute(), binned.compute().double())


def test_of_two_classes_in_one_sigmoid_is_that_of_the_second() -> None:
    logits, mask = drawn("binary")
    metric = AveragePrecision()
    metric.begin("binary", 2)
    metric.update(evaluated(logits, mask, "binary"))

    assert metric.compute().isnan().tolist() == [True, False]


def test_one_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="AveragePrecision got 1 thresholds, expected at least 2"):
        AveragePrecision(thresholds=1)
