import numpy as np
from numpy.testing import assert_allclose

from segcli.image_rows import mean_score, row_scores


def test_a_ratio_is_of_sums_and_a_weight_of_zero_has_no_score() -> None:
    rows = np.array([[[4.0, 1.0], [0.0, 0.0]], [[6.0, 2.0], [0.0, 0.0]]])

    assert_allclose(row_scores(rows.sum(axis=0)), [0.3, np.nan])
    assert_allclose(row_scores(rows), [[0.25, np.nan], [1 / 3, np.nan]])


def test_parts_are_added_up_over_images_before_their_sign_is_dropped() -> None:
    rows = np.array([[[10.0, 2.0, -1.0]], [[10.0, -1.0, -3.0]]])

    assert_allclose(row_scores(rows.sum(axis=0)), [(1 + 4) / 20])


def test_a_mean_leaves_out_what_has_no_score() -> None:
    assert_allclose(mean_score(np.array([[0.2, np.nan, 0.4], [np.nan] * 3])), [0.3, np.nan])
