from pathlib import Path

import torch
from torchmetrics.classification import MultilabelAccuracy, MultilabelF1Score, MultilabelJaccardIndex

from segcli.metrics.multilabel_metric import MultilabelMetric
from segcli.sample import IGNORE_INDEX
from tests.distributed.ranks import on_two_ranks

CLASSES = 4


def batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    torch.manual_seed(0)
    found = []
    for size in (3, 1, 2):
        labels = torch.randint(2, (size, CLASSES, 9, 7), dtype=torch.uint8)
        mask = torch.where(torch.rand(labels.shape) < 0.6, labels, 1 - labels)
        mask[0, :2, 0] = IGNORE_INDEX
        found.append((labels, mask))
    return found


def test_equals_torchmetrics_over_batches() -> None:
    ours = MultilabelMetric(CLASSES)
    options = {"num_labels": CLASSES, "ignore_index": IGNORE_INDEX}
    iou = MultilabelJaccardIndex(**options, average="none")
    dice = MultilabelF1Score(**options, average="none")
    accuracy = MultilabelAccuracy(**options, average="micro")
    for labels, mask in batches():
        ours.update(labels, mask)
        for metric in (iou, dice, accuracy):
            metric.update(labels.long(), mask.long())

    scores = ours.compute()

    torch.testing.assert_close(scores.iou.float(), iou.compute())
    torch.testing.assert_close(scores.dice.float(), dice.compute())
    torch.testing.assert_close(scores.pixel_accuracy.float(), accuracy.compute())


def test_update_returns_a_matrix_per_image_and_class_that_it_adds() -> None:
    metric = MultilabelMetric(CLASSES)
    matrices = [metric.update(*batch) for batch in batches()]
    assert [m.shape for m in matrices] == [(size, CLASSES, 2, 2) for size in (3, 1, 2)]
    torch.testing.assert_close(torch.cat(matrices).sum(dim=0), metric.matrix)


def rank(index: int, store: str) -> None:
    metric = MultilabelMetric(CLASSES)
    for labels, mask in batches()[index::2]:
        metric.update(labels, mask)
    torch.save(tuple(metric.compute()[:6]), f"{store}.{index}")


def test_ranks_agree_on_the_score_of_all_batches(tmp_path: Path) -> None:
    alone = MultilabelMetric(CLASSES)
    for labels, mask in batches():
        alone.update(labels, mask)

    on_two_ranks(rank, str(tmp_path / "store"))

    for index in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"store.{index}"), tuple(alone.compute()[:6]))
