import io
import math

import torch

from segcli.metrics.scores import Scores
from segcli.score_spec import MetricSpec


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


def test_scores_of_labels_by_hand() -> None:
    scores = Scores.of_labels(torch.tensor([[[5, 1], [2, 4]], [[12, 0], [0, 0]]]))

    torch.testing.assert_close(scores.iou, torch.tensor([4 / 7, math.nan], dtype=torch.float64), equal_nan=True)
    assert math.isclose(scores.dice[0], 8 / 11)
    assert scores.pixels.tolist() == [6, 0]
    assert math.isclose(scores.mean_iou, 4 / 7)
    assert math.isclose(scores.pixel_accuracy, (5 + 4 + 12) / 24)


def test_scores_of_metrics_stand_behind_the_others_and_survive_a_checkpoint() -> None:
    whole, of_class = MetricSpec("f", "f").scores
    own = Scores.of(torch.tensor([[6, 2], [1, 3]]))
    scores = own._replace(others=((whole, torch.tensor(0.5)), (of_class, torch.tensor([0.25, 0.75]))))
    stored = io.BytesIO()
    torch.save(scores.state(), stored)
    stored.seek(0)
    again = Scores.of_state(torch.load(stored, weights_only=True))

    assert [str(score) for score, _ in scores.named("val", ("a", "b"))][-3:] == ["val/f", "val/f/a", "val/f/b"]
    assert again.others[0][0] == whole
    assert dict(again.named("val", ("a", "b"))) == dict(scores.named("val", ("a", "b")))
    assert Scores.of_state({**own.state(), "average_precision": None}).mean_iou == own.mean_iou
