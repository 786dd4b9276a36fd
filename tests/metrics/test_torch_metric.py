from pathlib import Path

import pytest
import torch
import torchmetrics
from torchmetrics.classification import (
    BinaryAccuracy,
    MulticlassCohenKappa,
    MulticlassConfusionMatrix,
    MulticlassJaccardIndex,
    MultilabelF1Score,
)
from torchmetrics.segmentation import HausdorffDistance

from segcli.metrics.torch_metric import TorchMetric
from segcli.sample import IGNORE_INDEX
from segcli.task_kind import TaskName
from tests.distributed.ranks import on_two_ranks
from tests.metrics.made_batches import CLASSES, drawn, evaluated


class OfLabels(torchmetrics.Metric):
    """Share of pixels that are right; takes labels alone."""

    higher_is_better = True
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.add_state("right", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("all", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        if preds.is_floating_point() or not target.numel():
            raise TypeError("labels, please")
        self.right += (preds == target).sum()
        self.all += target.numel()

    def compute(self) -> torch.Tensor:
        return self.right / self.all


def begun(metric: torchmetrics.Metric, task: TaskName = "multiclass") -> TorchMetric:
    found = TorchMetric(metric)
    found.begin(task, CLASSES[task])
    return found


@pytest.mark.parametrize(
    ("metric", "task"),
    [
        (lambda ignore: MulticlassJaccardIndex(3, ignore_index=ignore), "multiclass"),
        (lambda ignore: BinaryAccuracy(ignore_index=ignore), "binary"),
    ],
)
def test_is_that_of_torchmetrics_which_ignores_the_same_pixels(metric, task: TaskName) -> None:  # noqa: ANN001
    logits, mask = drawn(task)
    ours = begun(metric(None), task)
    for part in ([0, 1], [2, 3]):
        ours.update(evaluated(logits[part], mask[part], task))
    probabilities = evaluated(logits, mask, task).probabilities
    theirs = metric(IGNORE_INDEX)(probabilities[:, 0] if task == "binary" else probabilities, mask.long())

    assert float(ours.compute()) == pytest.approx(float(theirs), abs=1e-6)
    assert ours.spec.name == type(ours.metric).__name__
    assert ours.spec.higher_is_better


def test_pixels_with_an_ignored_label_are_left_out() -> None:
    logits, mask = drawn("multilabel")
    mask[2, 0] = IGNORE_INDEX
    ours, theirs = begun(MultilabelF1Score(2), "multilabel"), MultilabelF1Score(2)
    ours.update(evaluated(logits, mask, "multilabel"))
    counted = (mask != IGNORE_INDEX).all(dim=1)
    expected = theirs(torch.sigmoid(logits).movedim(1, -1)[counted], mask.movedim(1, -1)[counted].long())

    assert float(ours.compute()) == pytest.approx(float(expected), abs=1e-6)


def test_labels_are_given_where_probabilities_are_not_taken() -> None:
    logits, mask = drawn("multiclass")
    metric, batch = begun(OfLabels()), evaluated(logits, mask)
    metric.update(batch)
    counted = mask != IGNORE_INDEX

    assert float(metric.compute()) == pytest.approx(float((batch.prediction == mask)[counted].float().mean()))
    metric.reset()
    assert metric.metric.all == 0


def rank(index: int, store: str) -> None:
    logits, mask = drawn("multiclass")
    metric = begun(MulticlassCohenKappa(3))
    metric.update(evaluated(logits[[2 * index, 2 * index + 1]], mask[[2 * index, 2 * index + 1]]))
    torch.save(metric.compute(), f"{store}.{index}")


def test_ranks_agree_on_the_value_of_all_pixels(tmp_path: Path) -> None:
    logits, mask = drawn("multiclass")
    alone = begun(MulticlassCohenKappa(3))
    alone.update(evaluated(logits, mask))

    on_two_ranks(rank, str(tmp_path / "store"))

    assert all(torch.load(tmp_path / f"store.{index}").equal(alone.compute()) for index in range(2))


def test_a_batch_of_ignored_pixels_adds_nothing() -> None:
    logits, mask = drawn("multiclass")
    metric = begun(OfLabels())
    metric.update(evaluated(logits, mask))
    value = metric.compute()
    metric.update(evaluated(logits, torch.full_like(mask, IGNORE_INDEX)))

    assert metric.compute().equal(value)


def test_what_takes_images_or_gives_a_matrix_tells_how_to_wrap_it() -> None:
    logits, mask = drawn("multiclass")
    with pytest.raises(ValueError, match=r"HausdorffDistance\.update\(preds, target\) takes neither .* derives from"):
        begun(HausdorffDistance(3)).update(evaluated(logits, mask))
    of_classes = begun(MulticlassJaccardIndex(3, average=None))
    of_classes.update(evaluated(logits, mask))
    with pytest.raises(ValueError, match=r"returned \(3,\), expected one number; set its average, or wrap it"):
        of_classes.compute()


def test_what_has_no_direction_is_refused() -> None:
    with pytest.raises(ValueError, match=r"MulticlassConfusionMatrix does not say whether higher is better; derive a"):
        TorchMetric(MulticlassConfusionMatrix(3))
