import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.sample import IGNORE_INDEX
from tests.metrics import reference
from tests.metrics.made_batches import drawn, evaluated, predicted


def test_is_that_of_the_reference_in_every_image_and_class() -> None:
    logits, mask = drawn("multiclass")
    batch = evaluated(logits, mask)
    rows = BoundaryIoU(width=0.06).rows(batch)

    width = round(0.06 * math.hypot(24, 31))
    assert width == 2
    for image in range(len(mask)):
        ignored = mask[image].numpy() == IGNORE_INDEX
        for label in range(3):
            truth = mask[image].numpy() == label
            guess = (batch.prediction[image].numpy() == label) & ~ignored
            bands = [reference.band(region, ignored, width) for region in (truth, guess)]
            assert_allclose(rows[image, label], [(bands[0] | bands[1]).sum(), (bands[0] & bands[1]).sum()])


def test_a_square_that_is_moved_by_a_pixel() -> None:
    truth, guess = (torch.zeros(1, 12, 12, dtype=torch.uint8) for _ in range(2))
    truth[0, 2:8, 2:8], guess[0, 2:8, 3:9] = 1, 1
    metric = BoundaryIoU()  # of a diagonal of 17 pixels, 2 % is less than a pixel: one
    metric.begin("multiclass", 2)
    metric.update(predicted(guess, truth))

    band = 36 - 16  # pixels of a band of one pixel
    both = 2 * 5 + 0  # rows at the top and at the bottom; the columns lie beside each other
    assert float(metric.compute()[1]) == pytest.approx(both / (2 * band - both))


def test_is_over_the_whole_set_and_not_a_mean_over_images() -> None:
    truth = torch.zeros(2, 8, 8, dtype=torch.uint8)
    truth[0, 1, 1], truth[1, 1:6, 1:6] = 1, 1
    guess = truth.clone()
    guess[0] = 0
    metric = BoundaryIoU()
    metric.begin("multiclass", 2)
    metric.update(predicted(guess, truth))

    assert float(metric.compute()[1]) == pytest.approx(16 / 17)


@pytest.mark.parametrize("width", [0, 1, -0.1, float("nan")])
def test_a_width_that_is_no_share_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match=r"BoundaryIoU got width .*0\.02 is usual"):
        BoundaryIoU(width=width)


def test_a_band_is_as_wide_as_the_share_of_the_diagonal() -> None:
    mask = torch.ones(1, 100, 100, dtype=torch.uint8)
    (row,) = BoundaryIoU().rows(predicted(mask, mask))

    assert row[1].tolist() == [100 * 100 - 94 * 94] * 2  # 3 pixels: 2 % of 141
    assert np.count_nonzero(row[0]) == 0
