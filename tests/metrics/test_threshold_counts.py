import numpy as np
import pytest
import torch
from torch import Tensor

from segcli.metrics.evaluated import Evaluated
from segcli.metrics.threshold_counts import BINS, ThresholdCounts, iou_by_threshold
from segcli.sample import IGNORE_INDEX


def _batch(multilabel: bool, outputs: int, dtype: torch.dtype = torch.uint8) -> tuple[Evaluated, Tensor, Tensor]:
    torch.manual_seed(0)
    probabilities = torch.randint(0, 1001, (3, outputs, 20, 30)) / 1000
    shape = (3, outputs, 20, 30) if multilabel else (3, 20, 30)
    mask = torch.randint(0, 2, shape, dtype=dtype)
    mask[..., :2] = IGNORE_INDEX
    matrices = torch.zeros(3, max(outputs, 2), 2, 2)
    return Evaluated(mask, mask, matrices, ["a", "b", "c"], lambda: probabilities), probabilities, mask


@pytest.mark.parametrize(("multilabel", "outputs"), [(False, 1), (True, 3)])
def test_iou_is_that_of_deciding_at_every_threshold(multilabel: bool, outputs: int) -> None:
    batch, probabilities, mask = _batch(multilabel, outputs)
    counts = ThresholdCounts()
    counts.begin("multilabel" if multilabel else "binary", max(outputs, 2))
    counts.update(batch)
    found = iou_by_threshold(counts.counts.sum(axis=0))
    truth = mask if multilabel else mask[:, None]
    for place in (1, 37, 100, BINS - 1):
        predicted, seen = probabilities > torch.tensor(place / BINS), truth != IGNORE_INDEX
        for at in range(outputs):
            both = (predicted & (truth == 1) & seen)[:, at].sum()
            either = ((predicted | (truth == 1)) & seen)[:, at].sum()
            assert found[at, place] == pytest.approx(float(both / either))
    best = counts.compute()
    assert best.shape == (max(outputs, 2),)
    np.testing.assert_allclose(best[-outputs:], found.max(axis=1))
    assert counts.paths == ["a", "b", "c"]


def test_a_class_that_is_not_there_has_no_iou_above_its_predictions() -> None:
    counts = np.zeros((2, BINS), int)
    assert np.isnan(iou_by_threshold(counts)).all()
    counts[0, 10] = 5
    found = iou_by_threshold(counts)
    assert (found[:11] == 0).all()
    assert np.isnan(found[11:]).all()
