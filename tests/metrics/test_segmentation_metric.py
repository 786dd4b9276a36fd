from pathlib import Path

import torch
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score, MulticlassJaccardIndex

from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.sample import IGNORE_INDEX
from tests.distributed.ranks import on_two_ranks

CLASSES = 5


def batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    torch.manual_seed(0)
    found = []
    for size in (3, 1, 2):
        labels = torch.randint(CLASSES, (size, 9, 7), dtype=torch.uint8)
        mask = torch.where(torch.rand(size, 9, 7) < 0.5, labels, torch.randint(CLASSES, (size, 9, 7)))
        mask[0, 0] = IGNORE_INDEX
        found.append((labels, mask.to(torch.uint8)))
    return found


def test_equals_torchmetrics_over_batches() -> None:
    ours = SegmentationMetric(CLASSES)
    options = {"num_classes": CLASSES, "ignore_index": IGNORE_INDEX}
    iou = MulticlassJaccardIndex(**options, average="none")
    dice = MulticlassF1Score(**options, average="none")
    accuracy = MulticlassAccuracy(**options, average="micro")
    for labels, mask in batches():
        ours.update(labels, mask)
        for metric in (iou, dice, accuracy):
            metric.update(labels.long(), mask.long())

    scores = ours.compute()

    torch.testing.assert_close(scores.iou.float(), iou.compute())
    torch.testing.assert_close(scores.dice.float(), dice.compute())
    torch.testing.assert_close(scores.mean_iou.float(), iou.compute().mean())
    torch.testing.assert_close(scores.pixel_accuracy.float(), accuracy.compute())


def test_update_returns_the_matrices_that_it_adds() -> None:
    metric = SegmentationMetric(CLASSES)

    matrices = [metric.update(*batch) for batch in batches()]

    assert [len(m) for m in matrices] == [3, 1, 2]
    torch.testing.assert_close(torch.cat(matrices).sum(dim=0), metric.matrix)


def test_reset_forgets_and_compute_does_not() -> None:
    metric = SegmentationMetric(CLASSES)
    metric.update(*batches()[0])

    torch.testing.assert_close(metric.compute(), metric.compute(), equal_nan=True)
    metric.reset()

    assert metric.compute().mean_iou.isnan()


def test_stays_out_of_the_checkpoint() -> None:
    assert SegmentationMetric(CLASSES).state_dict() == {}


def rank(index: int, store: str) -> None:
    metric = SegmentationMetric(CLASSES)
    for labels, mask in batches()[index::2]:  # two batches for one rank, one for the other
        metric.update(labels, mask)
    own = metric.matrix.clone()
    torch.save((metric.compute().mean_iou, bool((metric.matrix == own).all())), f"{store}.{index}")


def test_ranks_agree_on_the_score_of_all_batches(tmp_path: Path) -> None:
    alone = SegmentationMetric(CLASSES)
    for labels, mask in batches():
        alone.update(labels, mask)

    on_two_ranks(rank, str(tmp_path / "store"))

    for index in range(2):
        mean_iou, untouched = torch.load(tmp_path / f"store.{index}")
        torch.testing.assert_close(mean_iou, alone.compute().mean_iou)
        assert untouched
