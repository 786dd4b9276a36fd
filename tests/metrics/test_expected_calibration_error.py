import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.classification import MulticlassCalibrationError

from segcli.metrics.expected_calibration_error import ExpectedCalibrationError
from segcli.sample import IGNORE_INDEX
from segcli.task_kind import TaskName
from tests.metrics.made_batches import CLASSES, drawn, evaluated


def reference(confidence: Tensor, right: Tensor, bins: int) -> float:
    """Bin by bin, as in the paper."""
    total = 0.0
    for index in range(bins):
        inside = (confidence > index / bins) & (confidence <= (index + 1) / bins)
        if inside.any():
            total += abs(float(right[inside].double().mean() - confidence[inside].mean())) * int(inside.sum())
    return total / len(confidence)


def value(logits: Tensor, mask: Tensor, task: TaskName, bins: int = 15) -> float:
    metric = ExpectedCalibrationError(bins)
    metric.begin(task, CLASSES[task])
    for part in ([0, 1], [2, 3]):
        metric.update(evaluated(logits[part], mask[part], task, [str(index) for index in part]))
    return float(metric.compute())


@pytest.mark.parametrize("bins", [1, 10, 15])
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_is_that_of_the_paper_in_one_pass_over_all_pixels(task: TaskName, bins: int) -> None:
    logits, mask = drawn(task)
    counted = mask != IGNORE_INDEX
    if task == "multiclass":
        confidence, guess = torch.softmax(logits, 1).max(1)
    else:
        probability = torch.sigmoid(logits).view(mask.shape)
        confidence, guess = torch.maximum(probability, 1 - probability), probability > 0.5
    expected = reference(confidence[counted].double(), (guess == mask)[counted], bins)

    assert value(logits, mask, task, bins) == pytest.approx(expected, abs=1e-9)
    assert expected > 0.001


def test_is_that_of_torchmetrics() -> None:
    logits, mask = drawn("multiclass")
    theirs = MulticlassCalibrationError(3, n_bins=15, norm="l1", ignore_index=IGNORE_INDEX)

    assert value(logits, mask, "multiclass") == pytest.approx(float(theirs(logits, mask.long())), abs=1e-6)


def test_of_half_sure_and_always_right() -> None:
    logits, mask = torch.zeros(4, 2, 2, 3), torch.zeros(4, 2, 3, dtype=torch.uint8)

    assert value(logits, mask, "multiclass") == 0.5


def test_the_upper_end_of_a_bin_is_in_it() -> None:
    logits, mask = torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, dtype=torch.uint8)
    (row,) = ExpectedCalibrationError(2).rows(evaluated(logits, mask, "binary"))  # half sure, and right

    np.testing.assert_array_equal(row, [[4, 2, 0]])


def test_certainty_lies_in_the_last_bin() -> None:
    logits, mask = torch.full((1, 1, 2, 2), 200.0), torch.ones(1, 2, 2, dtype=torch.uint8)
    (row,) = ExpectedCalibrationError(5).rows(evaluated(logits, mask, "binary"))

    np.testing.assert_array_equal(row, [[4, 0, 0, 0, 0, 0]])


def test_no_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="got 0 bins, expected at least 1; 15 is usual"):
        ExpectedCalibrationError(0)
