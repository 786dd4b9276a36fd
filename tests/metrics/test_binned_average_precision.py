from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchmetrics.classification import (
    BinaryAveragePrecision,
    MulticlassAveragePrecision,
    MultilabelAveragePrecision,
)

from segcli.metrics.binned_average_precision import BinnedAveragePrecision
from segcli.sample import IGNORE_INDEX
from tests.distributed.ranks import on_two_ranks

CLASSES, THRESHOLDS = 3, 21
REFERENCE = {"thresholds": THRESHOLDS, "ignore_index": IGNORE_INDEX}


def probabilities(size: int = 2, classes: int = CLASSES) -> Tensor:
    """Some of them exactly at a threshold."""
    values = torch.rand(size, classes, 9, 7)
    values[:, :, 1] = torch.linspace(0, 1, THRESHOLDS)[torch.randint(THRESHOLDS, (size, classes, 7))]
    return values


def masks(high: int, *shape: int) -> Tensor:
    mask = torch.randint(high, shape, dtype=torch.uint8)
    mask[..., 3, :] = IGNORE_INDEX
    return mask


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_counts_several_labels_as_torchmetrics_does() -> None:
    ours, theirs = (
        BinnedAveragePrecision(CLASSES, THRESHOLDS),
        MultilabelAveragePrecision(CLASSES, average=None, **REFERENCE),
    )
    for size in (2, 1):
        values, mask = probabilities(size), masks(2, size, CLASSES, 9, 7)
        ours.update(values, mask)
        theirs.update(values, mask.long())
    assert ours.confmat.equal(theirs.confmat)
    torch.testing.assert_close(ours.compute(), theirs.compute())


def test_counts_exclusive_classes_as_torchmetrics_does() -> None:
    ours, theirs = (
        BinnedAveragePrecision(CLASSES, THRESHOLDS),
        MulticlassAveragePrecision(CLASSES, average=None, **REFERENCE),
    )
    values, mask = torch.softmax(4 * probabilities(), dim=1), masks(CLASSES, 2, 9, 7)
    ours.update(values, mask)
    theirs.update(values, mask.long())
    assert ours.confmat.equal(theirs.confmat)
    torch.testing.assert_close(ours.compute(), theirs.compute())


def test_counts_the_second_of_two_classes_as_torchmetrics_does() -> None:
    ours, theirs = BinnedAveragePrecision(1, THRESHOLDS), BinaryAveragePrecision(**REFERENCE)
    values, mask = probabilities(classes=1), masks(2, 2, 9, 7)
    ours.update(values, mask)
    theirs.update(values[:, 0], mask.long())
    assert ours.confmat[:, 0].equal(theirs.confmat)
    torch.testing.assert_close(ours.compute(), theirs.compute())


def test_perfect_is_one_and_a_class_without_truth_is_nan() -> None:
    metric = BinnedAveragePrecision(2, THRESHOLDS)
    mask = torch.zeros(1, 2, 4, 4, dtype=torch.uint8)
    mask[:, 0, :2] = 1
    metric.update(mask.float() * 0.6 + 0.2, mask)
    first, second = metric.compute().tolist()
    assert first == 1
    assert second != second


def test_more_thresholds_come_closer_to_the_area_under_the_whole_curve() -> None:
    mask = masks(2, 2, 1, 9, 7)
    values = torch.sigmoid(torch.randn(mask.shape) + mask)
    valid = mask != IGNORE_INDEX
    exact = BinaryAveragePrecision()(values[valid], mask[valid].long())
    errors = []
    for count in (5, 1000):
        metric = BinnedAveragePrecision(1, count)
        metric.update(values, mask)
        errors.append(abs(float(metric.compute() - exact)))
    assert errors[1] < 0.01 < errors[0]


@pytest.mark.parametrize("count", [2, 3, 10, 100, 255, 1000])
def test_values_at_and_beside_every_threshold_are_counted_exactly(count: int) -> None:
    metric = BinnedAveragePrecision(1, count)
    at = metric.thresholds
    values = torch.cat([at, torch.nextafter(at, at + 1), torch.nextafter(at, at - 1)]).clamp(0, 1).view(1, 1, 1, -1)
    metric.update(values, torch.ones(1, 1, values.shape[-1], dtype=torch.uint8))
    reached = (values.view(1, -1) >= at.view(-1, 1)).sum(dim=1)
    assert metric.confmat[:, 0, 1, 1].equal(reached)


def test_half_precision_and_strided_probabilities_are_taken() -> None:
    metric, other = BinnedAveragePrecision(CLASSES, THRESHOLDS), BinnedAveragePrecision(CLASSES, THRESHOLDS)
    values, mask = probabilities().bfloat16(), masks(2, 2, CLASSES, 9, 7)
    metric.update(values.contiguous(memory_format=torch.channels_last), mask)
    other.update(values.float(), mask)
    assert metric.confmat.equal(other.confmat)


def test_one_threshold_is_refused_and_nothing_goes_into_the_checkpoint() -> None:
    with pytest.raises(ValueError, match="got 1 thresholds, expected at least 2"):
        BinnedAveragePrecision(2, 1)
    assert BinnedAveragePrecision(2, 5).state_dict() == {}


def _batches() -> list[tuple[Tensor, Tensor]]:
    torch.manual_seed(1)
    return [(probabilities(size), masks(2, size, CLASSES, 9, 7)) for size in (3, 1, 2)]


def rank(index: int, store: str) -> None:
    metric = BinnedAveragePrecision(CLASSES, THRESHOLDS)
    for values, mask in _batches()[index::2]:
        metric.update(values, mask)
    torch.save(metric.compute(), f"{store}.{index}")


def test_ranks_agree_on_the_area_of_all_batches(tmp_path: Path) -> None:
    alone = BinnedAveragePrecision(CLASSES, THRESHOLDS)
    for values, mask in _batches():
        alone.update(values, mask)

    on_two_ranks(rank, str(tmp_path / "store"))

    for index in range(2):
        assert torch.load(tmp_path / f"store.{index}").equal(alone.compute())
