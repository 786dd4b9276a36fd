import math

import torch

from segcli.metrics.scores import Scores


def test_scores_of_a_small_matrix_by_hand() -> None:
    scores = Scores.of(torch.tensor([[6, 2], [1, 3]]))

    torch.testing.assert_close(scores.iou, torch.tensor([6 / 9, 3 / 6], dtype=torch.float64))
    torch.testing.assert_close(scores.dice, torch.tensor([12 / 15, 6 / 9], dtype=torch.float64))
    assert scores.pixels.tolist() == [8, 4]
    assert math.isclose(scores.mean_iou, (6 / 9 + 3 / 6) / 2)
    assert math.isclose(scores.mean_dice, (12 / 15 + 6 / 9) / 2)
    assert math.isclose(scores.pixel_accuracy, 9 / 12)


def test_a_class_in_neither_is_nan_and_one_that_is_only_predicted_counts() -> None:
    scores = Scores.of(torch.tensor([[4, 1, 0], [0, 0, 0], [0, 0, 0]]))

    assert scores.iou[1] == 0
    assert scores.iou[2].isnan()
    assert math.isclose(scores.mean_iou, (4 / 5 + 0) / 2)


def test_nothing_seen_is_nan() -> None:
    scores = Scores.of(torch.zeros(2, 2, dtype=torch.int64))

    assert scores.mean_iou.isnan()
    assert scores.mean_dice.isnan()
    assert scores.pixel_accuracy.isnan()
