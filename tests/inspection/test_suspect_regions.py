import numpy as np
import pytest

from segcli.inspection.suspect_regions import Region, suspect_regions
from segcli.sample import IGNORE_INDEX


def _sure(predicted: np.ndarray, p: float = 0.97) -> np.ndarray:
    """Probabilities of three classes, one of which is likely."""
    return np.where(np.arange(3)[:, None, None] == predicted, p, (1 - p) / 2).astype(np.float32)


def test_a_region_is_told_by_size_classes_and_place() -> None:
    mask = np.zeros((60, 80), np.uint8)
    predicted = mask.copy()
    mask[5:15, 10:30] = 1  # an object that the label calls by another name
    predicted[5:15, 10:30] = 2
    mask[40:44, 50:54] = 1  # one that is not there
    regions, doubted = suspect_regions(mask, _sure(predicted))
    assert [region[1:] for region in regions] == [(200, 1, 2, (10, 5, 30, 15)), (16, 1, 0, (50, 40, 54, 44))]
    assert [region.doubt for region in regions] == pytest.approx([200 * 0.985, 16 * 0.985])
    assert doubted.sum() == 216
    assert isinstance(regions[0], Region)


@pytest.mark.parametrize("p", [0.5, 0.89])
def test_where_the_model_is_not_sure_there_is_none(p: float) -> None:
    predicted = np.zeros((40, 40), np.uint8)
    regions, doubted = suspect_regions(predicted + 1, _sure(predicted, p))
    assert (list(regions), doubted.any()) == ([], False)


def test_thin_strips_and_ignored_pixels_are_left_out() -> None:
    mask = np.zeros((60, 80), np.uint8)
    predicted = mask.copy()
    predicted[:, 30:32] = 1
    mask[20:40, 50:70], predicted[20:40, 50:70] = IGNORE_INDEX, 1
    assert list(suspect_regions(mask, _sure(predicted))[0]) == []


def test_a_model_that_agrees_doubts_nothing() -> None:
    mask = np.random.default_rng(0).integers(0, 3, (40, 40), dtype=np.uint8)
    assert list(suspect_regions(mask, _sure(mask))[0]) == []
