from pathlib import Path

import numpy as np
import pytest

from segcli.comparison.group_counts import GroupCounts, mean_image_scores
from segcli.runs.image_counts import ImageCounts
from tests.comparison.made_comparison import make_comparison
from tests.run_folders import replace_counts


def _counts(*matrices: list[list[int]]) -> ImageCounts:
    return ImageCounts.of([f"{n}.png" for n in range(len(matrices))], np.array(matrices, np.int64))


def _group_counts(total: list[object]) -> GroupCounts:
    array = np.array(total, np.int64)
    return GroupCounts(tuple("abc"[: len(array)]), array, {}, ())


def test_the_runs_of_a_group_are_added_up(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=2).groups
    found = GroupCounts.of(group, "val")
    assert found.total is not None
    np.testing.assert_array_equal(found.total, sum(run.counts().total() for run in group.runs))
    assert found.problems == ()
    assert not found.multilabel


def test_a_run_without_counts_is_named_and_left_out(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=2).groups
    (group.runs[0].path / "val_images.npz").unlink()
    found = GroupCounts.of(group, "val")
    np.testing.assert_array_equal(found.total, group.runs[1].counts().total())
    assert found.problems == ("0/1 is not in it: has no val_images.npz.",)
    assert GroupCounts.of(group, "test").total is None


def test_a_run_with_other_classes_is_left_out(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=2).groups
    other = ImageCounts.of(["1.png"], np.ones((1, 4, 4), np.int64), epoch=8)
    replace_counts(group.runs[1].path, other, [*group.runs[1].classes, "more"][:4])
    assert "other classes" in GroupCounts.of(group, "val").problems[0]


def test_shares_are_of_the_truth_of_a_class() -> None:
    found = _group_counts([[6, 2, 0], [1, 3, 0], [0, 0, 0]])
    np.testing.assert_allclose(found.row_shares(), [[0.75, 0.25, 0], [0.25, 0.75, 0], [np.nan] * 3])
    assert found.largest_confusions(2) == [("a", "b", 0.25), ("b", "a", 0.25)]
    np.testing.assert_allclose(found.precision_and_recall(), [[6 / 7, 0.75], [3 / 5, 0.75], [np.nan, np.nan]])


def test_precision_and_recall_of_several_labels() -> None:
    found = _group_counts([[[80, 5], [10, 15]], [[90, 0], [10, 0]]])
    np.testing.assert_allclose(found.precision_and_recall(), [[0.75, 0.6], [np.nan, 0.0]])


def test_images_are_scored_over_their_own_classes_and_averaged_over_runs() -> None:
    first = _counts([[8, 2, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0]] * 3)
    second = _counts([[10, 0, 0], [0, 0, 0], [0, 0, 0]])
    scores = mean_image_scores([first, second])
    assert scores == {"0.png": pytest.approx(((0.8 + 0) / 2 + 1) / 2)}


def test_without_counts_there_are_no_shares() -> None:
    with pytest.raises(ValueError, match="no run with counts"):
        GroupCounts((), None, {}, ()).row_shares()
