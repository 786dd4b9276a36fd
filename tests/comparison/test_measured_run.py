import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segcli.comparison.jackknife import numbers
from segcli.comparison.measured_run import MeasuredRun, fingerprint, measure
from segcli.comparison.metric import Metric
from segcli.runs.class_scores import class_scores, set_score
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from tests.run_folders import replace_counts, write_run, write_test


def measured(path: Path, name: str = "mIoU") -> MeasuredRun:
    return measure(StoredRun.load(path), Metric("val", name))


@pytest.mark.parametrize("name", ["mIoU", "mDice", "pixel_accuracy"])
def test_scores_from_counts_are_those_of_the_run(tmp_path: Path, name: str) -> None:
    one = measured(write_run(tmp_path / "1"), name)
    scores = one.run.scores()
    kind = "Dice" if name == "mDice" else "IoU"

    assert one.value == pytest.approx(scores[name], abs=1e-6)
    assert one.subjects == (f"val/{name}", "background", "circle", "square")
    assert_allclose(one.values[1:], [entry[kind] for entry in scores["classes"].values()], atol=1e-6)
    assert len(one.curve) == (4 if name == "mIoU" else 0)
    assert one.train_s == pytest.approx(3.2)


def test_a_class_may_be_the_metric(tmp_path: Path) -> None:
    one = measured(write_run(tmp_path / "1"), "Dice/circle")
    assert one.value == one.values[one.subjects.index("circle")]
    assert one.value == pytest.approx(one.run.scores()["classes"]["circle"]["Dice"], abs=1e-6)


def test_images_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    first = measured(write_run(tmp_path / "1"))
    found = first.run.counts()
    order = np.array([5, 0, 3, 1, 2, 4, 11, 10, 9, 8, 7, 6])
    dense = np.zeros((12, 9), np.int64)
    dense[found.image, found.cell] = found.count
    shuffled = ImageCounts.of([found.ids[n] for n in order], dense[order].reshape(12, 3, 3), found.epoch)
    replace_counts(write_run(tmp_path / "2"), shuffled)

    second = measured(tmp_path / "2")

    assert second.ids == first.ids
    assert_array_equal(second.images, first.images)
    assert second.image_set == first.image_set


def test_other_content_makes_another_set_of_images(tmp_path: Path) -> None:
    first, second = measured(write_run(tmp_path / "1")), measured(write_run(tmp_path / "2", content="beef"))
    assert first.image_set != second.image_set
    assert fingerprint(second.run, "val") == {"count": 12, "ids": "1d5", "content": "beef"}
    assert fingerprint(second.run, "test") == {}
    write_test(second.run.path)
    assert fingerprint(second.run, "test") == {"count": 4, "ids": "1d5", "content": "7e57"}


def test_what_an_image_does_is_the_change_when_it_is_left_out(tmp_path: Path) -> None:
    one = measured(write_run(tmp_path / "1"))
    found = one.influence(["val/mIoU", "square"])
    rest = np.delete(one.images, 3, axis=0).sum(axis=0)
    expected = [set_score(rest, "mIoU") - one.value, class_scores(rest, "IoU")[2] - one.values[3]]
    assert_allclose(found.changes()[3], expected, atol=1e-12)
    assert_allclose(found.shares.sum(axis=0), [1, 1])


def test_a_class_that_is_in_one_image_alone_does_not_change_with_it(tmp_path: Path) -> None:
    counts = np.zeros((6, 3, 3), np.int64)
    counts[:, 0, 0] = [10, 10, 10, 10, 10, 50]
    counts[:, 0, 1] = [1, 2, 3, 4, 5, 6]
    counts[2, 2, 2] = 10
    path = write_run(tmp_path / "1", images=6)
    replace_counts(path, ImageCounts.of([str(n) for n in range(6)], counts, epoch=4))
    one = measured(path)
    changes = one.influence(["val/mIoU", "background", "square"]).changes()
    assert changes[2, 2] == 0
    assert_allclose(changes[2, 0], changes[2, 1] / 3)  # of three classes the first alone changed
    assert_allclose(numbers([one.influence(["square"])], np.ones(1, np.int64))[0], [1])


def test_groups_have_scores_of_their_own(tmp_path: Path) -> None:
    groups = ["a"] * 5 + ["b"] * 7
    one = measured(write_run(tmp_path / "1", groups=groups, pattern="{clip}_*"))
    assert (one.groups, one.pattern) == (tuple(groups), "{clip}_*")
    assert one.group_values() == {
        "a": pytest.approx(float(set_score(one.images[:5].sum(axis=0), "mIoU"))),
        "b": pytest.approx(float(set_score(one.images[5:].sum(axis=0), "mIoU"))),
    }


def test_the_last_validation_is_read_where_it_is_not_the_best(tmp_path: Path) -> None:
    worse = np.zeros((12, 3, 3), np.int64) + 10
    path = write_run(tmp_path / "1", curve=(0.5, 1.0, 0.7), last=worse)
    run, metric = StoredRun.load(path), Metric("val", "mIoU")
    assert measure(run, metric, "last").value == pytest.approx(0.2)
    assert measure(run, metric).value == pytest.approx(run.scores()["mIoU"], abs=1e-6)
    (path / "val_last_images.npz").unlink()  # as of 0.4.0
    without = measure(run, metric, "last")
    assert (without.ids, without.value) == ((), pytest.approx(0.7 * run.scores()["mIoU"], abs=1e-6))
    best_is_last = StoredRun.load(write_run(tmp_path / "2"))
    assert measure(best_is_last, metric, "last").value == measure(best_is_last, metric).value


def test_a_loss_has_neither_images_nor_classes(tmp_path: Path) -> None:
    one = measured(write_run(tmp_path / "1"), "loss")
    assert (one.subjects, one.ids, one.value) == (("val/loss",), (), 0.5)


def test_average_precision_has_that_of_the_classes(tmp_path: Path) -> None:
    path = write_run(tmp_path / "1", curve=(1.0,))
    best = json.loads((path / "val_scores.json").read_text())["mIoU"]
    (path / "metrics.csv").write_text(f"epoch,step,val/mIoU,val/mAP,val/AP/circle\n0,9,{best},0.6,0.7\n")

    one = measured(path, "mAP")

    assert one.subjects == ("val/mAP", "circle")
    assert_array_equal(one.values, [0.6, 0.7])


def test_damaged_runs_say_so(tmp_path: Path) -> None:
    no_counts = write_run(tmp_path / "1")
    (no_counts / "val_images.npz").unlink()
    with pytest.raises(UnreadableRunError, match=r"has no val_images\.npz"):
        measured(no_counts)

    no_times = write_run(tmp_path / "2")
    (no_times / "timing.csv").write_text("epoch,step\n1,10\n")
    with pytest.raises(UnreadableRunError, match="it has no column train_s"):
        measured(no_times)

    two_classes = write_run(tmp_path / "3") / "passport.json"
    passport = json.loads(two_classes.read_text())
    two_classes.write_text(json.dumps({**passport, "data": {**passport["data"], "classes": ["a", "b"]}}))
    with pytest.raises(UnreadableRunError, match=r"val_scores\.json has other classes than passport\.json"):
        measured(two_classes.parent)

    with pytest.raises(UnreadableRunError, match="was not tested: python -m segcli test --ckpt_path"):
        measure(StoredRun.load(write_run(tmp_path / "4")), Metric("test", "mIoU"))


def test_a_metric_of_an_absent_class_has_no_value(tmp_path: Path) -> None:
    counts = np.zeros((2, 3, 3), np.int64)
    counts[:, 0, 0] = 10
    path = write_run(tmp_path / "1")
    replace_counts(path, ImageCounts.of(["a", "b"], counts, epoch=4))

    with pytest.raises(UnreadableRunError, match="has no val/IoU/square: no image holds it"):
        measured(path, "IoU/square")
