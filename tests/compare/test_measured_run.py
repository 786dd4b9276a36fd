import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segcli.compare.measured_run import MeasuredRun, fingerprint, measure
from segcli.compare.metric import Metric
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun, UnreadableRunError
from tests.run_folders import write_run


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
    shuffled.write(write_run(tmp_path / "2") / "val_images.npz")

    second = measured(tmp_path / "2")

    assert second.ids == first.ids
    assert_array_equal(second.images, first.images)
    assert second.image_set == first.image_set


def test_other_content_makes_another_set_of_images(tmp_path: Path) -> None:
    first, second = measured(write_run(tmp_path / "1")), measured(write_run(tmp_path / "2", content="beef"))
    assert first.image_set != second.image_set
    assert fingerprint(second.run, "val") == {"count": 12, "ids": "1d5", "content": "beef"}
    assert fingerprint(second.run, "test") == {}
    tested = second.run.path / "test" / "1"
    tested.mkdir(parents=True)
    (tested / "test_scores.json").write_text("{}")
    (tested / "passport.json").write_text('{"data": {"splits": {"test": {"count": 3}}}}')
    assert fingerprint(second.run, "test") == {"count": 3}


def test_resamples_are_of_each_subject_asked_for(tmp_path: Path) -> None:
    one = measured(write_run(tmp_path / "1"))
    rows = one.resampled(["val/mIoU", "square"])

    assert rows.shape[1] == 2
    assert_allclose(rows.mean(axis=0), one.values[[0, 3]], atol=0.005)
    assert 0.001 < rows[:, 0].std() < 0.05


def test_images_of_a_class_are_those_it_occurs_in(tmp_path: Path) -> None:
    counts = np.zeros((6, 3, 3), np.int64)
    counts[:, 0, 0] = 10
    counts[:2, 1, 1] = 10  # of the second class in two images, of the third in none
    counts[2, 0, 1] = 20  # and predicted in a third
    path = write_run(tmp_path / "1")
    ImageCounts.of([str(n) for n in range(6)], counts, epoch=4).write(path / "val_images.npz")

    one = measured(path)

    assert one.subjects == ("val/mIoU", "background", "circle")
    of_background = (5 * 20 + 40) ** 2 / (5 * 20**2 + 40**2)
    assert_allclose(one.num_images(one.subjects), [(of_background + 3) / 2, of_background, 3])
    assert_allclose(measured(path, "pixel_accuracy").num_images(["val/pixel_accuracy"]), [100**2 / 2000])
    assert_allclose(measured(path, "IoU/circle").num_images(["val/IoU/circle"]), [3])


def test_a_loss_has_neither_images_nor_classes(tmp_path: Path) -> None:
    one = measured(write_run(tmp_path / "1"), "loss")
    assert (one.subjects, one.ids, one.value) == (("val/loss",), (), 0.5)


def test_average_precision_has_that_of_the_classes(tmp_path: Path) -> None:
    path = write_run(tmp_path / "1", curve=(1.0,))
    (path / "metrics.csv").write_text("epoch,step,val/mIoU,val/mAP,val/AP/circle\n0,9,0.5,0.6,0.7\n")

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
    with pytest.raises(UnreadableRunError, match="lacks 'train_s'"):
        measured(no_times)

    two_classes = write_run(tmp_path / "3") / "passport.json"
    passport = json.loads(two_classes.read_text())
    two_classes.write_text(json.dumps({**passport, "data": {**passport["data"], "classes": ["a", "b"]}}))
    with pytest.raises(UnreadableRunError, match="its images have 3 classes, its passport 2"):
        measured(two_classes.parent)

    with pytest.raises(UnreadableRunError, match="was not tested: python -m segcli test --ckpt_path"):
        measure(StoredRun.load(write_run(tmp_path / "4")), Metric("test", "mIoU"))


def test_a_metric_of_an_absent_class_has_no_value(tmp_path: Path) -> None:
    counts = np.zeros((2, 3, 3), np.int64)
    counts[:, 0, 0] = 10
    path = write_run(tmp_path / "1")
    ImageCounts.of(["a", "b"], counts, epoch=4).write(path / "val_images.npz")

    with pytest.raises(UnreadableRunError, match="has no val/IoU/square: no image holds it"):
        measured(path, "IoU/square")
