import math

import numpy as np
import pytest

from segcli.suggest.uncertainty import MEASURES, Measure, uncertainty_map


def _map(probabilities: object, multilabel: bool = False, by: Measure = "entropy") -> list[list[float]]:
    values = uncertainty_map(np.array(probabilities, np.float32), multilabel, by)
    assert values.dtype == np.float32
    found: list[list[float]] = values.tolist()
    return found


@pytest.mark.parametrize("by", MEASURES)
@pytest.mark.parametrize("number", [2, 3, 11])
def test_sure_is_0_and_undecided_is_1_whatever_the_number_of_classes(by: Measure, number: int) -> None:
    sure = np.zeros((number, 2, 1), np.float32)
    sure[-1] = 1
    assert _map(sure, by=by) == [[pytest.approx(0, abs=1e-6)]] * 2
    assert _map(np.full((number, 2, 1), 1 / number), by=by) == [[pytest.approx(1, abs=1e-6)]] * 2


def test_values_are_those_of_the_formulas() -> None:
    probabilities = [[[0.7]], [[0.2]], [[0.1]]]
    entropy = -sum(p * math.log(p) for p in (0.7, 0.2, 0.1)) / math.log(3)
    assert _map(probabilities) == [[pytest.approx(entropy, abs=1e-6)]]
    assert _map(probabilities, by="margin") == [[pytest.approx(0.5, abs=1e-6)]]


@pytest.mark.parametrize("by", MEASURES)
def test_one_sigmoid_says_the_same_as_two_classes(by: Measure) -> None:
    values = np.array([[0.0, 0.3, 0.5, 0.99, 1.0]], np.float32)
    assert _map([values], by=by)[0] == pytest.approx(_map([1 - values, values], by=by)[0], abs=1e-6)


@pytest.mark.parametrize("by", MEASURES)
def test_several_labels_are_unsure_each_by_itself(by: Measure) -> None:
    """A pixel that is surely of all classes, or of none, is sure; a softmax would be undecided."""
    assert _map([[[1, 0, 1]], [[1, 0, 0.5]]], True, by)[0] == pytest.approx([0, 0, 0.5], abs=1e-6)
    assert _map([[[0.5]]], True, by) == [[1]]
