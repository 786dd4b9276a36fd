import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from segcli.metrics.scores import Scores
from segcli.runs.class_scores import class_scores, group_scores, set_score, table
from segcli.runs.image_counts import ImageCounts


def matrices(shape: tuple[int, ...]) -> np.ndarray:
    counts = np.random.default_rng(0).integers(0, 50, (5, *shape))
    counts[:, 2] = 0  # the third class is in no truth
    return counts


@pytest.mark.parametrize("shape", [(3, 3), (4, 2, 2)])
def test_scores_of_sums_are_those_of_the_training(shape: tuple[int, ...]) -> None:
    counts = matrices(shape)
    of = Scores.of_labels if len(shape) == 3 else Scores.of
    expected = of(torch.from_numpy(counts.sum(axis=0)))

    sums = table(ImageCounts.of([str(n) for n in range(5)], counts).terms()).sum(axis=0)

    assert_allclose(class_scores(sums, "IoU"), expected.iou)
    assert_allclose(class_scores(sums, "Dice"), expected.dice)
    assert_allclose(set_score(sums, "mIoU"), expected.mean_iou)
    assert_allclose(set_score(sums, "mDice"), expected.mean_dice)
    assert_allclose(set_score(sums, "pixel_accuracy"), expected.pixel_accuracy)


def test_a_class_in_neither_truth_nor_prediction_has_no_score_and_is_not_in_the_mean() -> None:
    sums = np.array([8.0, 0, 10, 0, 8, 0, 8, 10])  # right, truth, predicted of two classes; right and counted pixels

    assert_allclose(class_scores(sums, "IoU"), [0.8, np.nan])
    assert set_score(sums, "mIoU") == pytest.approx(0.8)


def test_many_sets_are_scored_at_once_and_one_without_pixels_is_no_number() -> None:
    sums = np.array([[8.0, 10, 8, 8, 10], [1, 2, 2, 1, 2], [0, 0, 0, 0, 0]])

    assert_allclose(set_score(sums, "mIoU"), [0.8, 1 / 3, np.nan])
    assert_allclose(set_score(sums, "pixel_accuracy"), [0.8, 0.5, np.nan])


def test_groups_of_images_have_scores_of_their_own() -> None:
    matrices = np.array([[[8, 2], [0, 10]], [[10, 0], [0, 10]], [[5, 5], [5, 5]], [[0, 0], [0, 0]]])
    names = ["1", "2", "3", "4"]
    found = group_scores(ImageCounts.of(names, matrices, 1, ["a", "a", "b", "c"], "{clip}_*"))
    assert found["b"] == {"images": 1, "mIoU": pytest.approx(1 / 3, abs=1e-6)}
    assert found["a"] == {"images": 2, "mIoU": pytest.approx((18 / 20 + 20 / 22) / 2, abs=1e-6)}
    assert found["c"] == {"images": 1, "mIoU": None}
    assert group_scores(ImageCounts.of(names, matrices)) == {}
    assert group_scores(ImageCounts.of(names, matrices, 1, names)) == {}
