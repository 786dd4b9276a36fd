import math

import pytest
import torch
from numpy.testing import assert_allclose

from segcli.metrics.hd95 import HD95
from segcli.sample import IGNORE_INDEX
from tests.metrics import reference
from tests.metrics.made_batches import drawn, evaluated, predicted


@pytest.mark.parametrize("seed", range(4))
def test_is_that_of_the_reference_in_every_image_and_class(seed: int) -> None:
    logits, mask = drawn("multiclass", size=3, seed=seed)
    batch = evaluated(logits, mask)
    rows = HD95().rows(batch)
    for image in range(len(mask)):
        ignored = mask[image].numpy() == IGNORE_INDEX
        for label in range(3):
            truth = mask[image].numpy() == label
            guess = (batch.prediction[image].numpy() == label) & ~ignored
            expected = reference.hd95(truth, guess, ignored)
            assert_allclose(rows[image, label], [1, expected] if expected == expected else [0, 0], rtol=0, atol=1e-9)


def test_of_a_point_and_a_line() -> None:
    truth, guess = (torch.zeros(1, 5, 30, dtype=torch.uint8) for _ in range(2))
    truth[0, 2, 0], guess[0, 2, :21] = 1, 1
    (row,) = HD95().rows(predicted(guess, truth))

    assert row[1].tolist() == [1, 19]  # of the line's 0, 1, ... 20: 95 % lie within 19; the other way it is 0


def test_a_class_that_one_side_lacks_is_as_far_as_can_be() -> None:
    truth = torch.zeros(1, 30, 40, dtype=torch.uint8)
    truth[0, 3:5, 3:5] = 1
    metric = HD95()
    metric.begin("multiclass", 2)
    metric.update(predicted(torch.zeros_like(truth), truth))

    assert metric.compute().tolist() == [pytest.approx(float(metric.images[1][0, 0, 1])), 50]
    assert math.hypot(30, 40) == 50
