import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from segcli.comparison.score_form import CountForm, RowForm
from segcli.runs.class_scores import class_scores, set_score


def test_counts_are_scored_by_their_formulas() -> None:
    images = np.array([[3.0, 0, 4, 1, 3, 2, 3, 5], [1, 2, 2, 2, 1, 3, 3, 4]])
    form = CountForm("mIoU", "IoU", is_mean=True)

    assert_allclose(form.classes(images), class_scores(images, "IoU"))
    assert_allclose(form.whole(images), set_score(images, "mIoU"))
    assert_array_equal(form.class_weights(images), [[7, 3], [3, 5]])
    assert_array_equal(form.weights(images), [5, 4])


def test_rows_are_scored_by_theirs() -> None:
    images = np.array([[[4.0, 1.0], [2.0, 1.0]], [[0.0, 0.0], [2.0, 2.0]]]).reshape(2, -1)
    form = RowForm(2, is_mean=True)

    assert_allclose(form.classes(images.sum(axis=0)), [0.25, 0.75])
    assert_allclose(form.whole(images.sum(axis=0)), 0.5)
    assert_array_equal(form.class_weights(images), [[4, 2], [0, 2]])


def test_one_value_of_a_set_has_no_classes() -> None:
    images = np.array([[4.0, 1.0, -2.0], [6.0, -2.0, -1.0]])
    form = RowForm(1, is_mean=False)

    assert form.classes(images).shape == (2, 0)
    assert_allclose(form.whole(images.sum(axis=0)), (1 + 3) / 10)
    assert_array_equal(form.weights(images), [4, 6])
    assert form.class_weights(images).shape == (2, 0)
