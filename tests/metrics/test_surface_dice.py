import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from segcli.metrics.surface_dice import SurfaceDice
from segcli.sample import IGNORE_INDEX
from tests.metrics import reference
from tests.metrics.made_batches import drawn, evaluated, predicted


@pytest.mark.parametrize("tolerance", [0, 1, 1.5, 3])
def test_is_that_of_the_reference_in_every_image_and_class(tolerance: float) -> None:
    logits, mask = drawn("multiclass", size=3, seed=int(tolerance * 2))
    batch = evaluated(logits, mask)
    rows = SurfaceDice(tolerance).rows(batch)
    for image in range(len(mask)):
        ignored = mask[image].numpy() == IGNORE_INDEX
        for label in range(3):
            truth = mask[image].numpy() == label
            guess = (batch.prediction[image].numpy() == label) & ~ignored
            expected = reference.surface_dice(truth, guess, ignored, tolerance)
            assert_allclose(rows[image, label], [1, expected] if expected == expected else [0, 0], rtol=0, atol=1e-12)


def test_a_row_beside_a_row() -> None:
    truth, guess = (torch.zeros(1, 9, 9, dtype=torch.uint8) for _ in range(2))
    truth[0, 2, 2:7], guess[0, 4, 2:7] = 1, 1  # two pixels apart
    values = [float(SurfaceDice(tolerance).rows(predicted(guess, truth))[0, 1, 1]) for tolerance in (1.9, 2)]

    assert values == [0, 1]


def test_an_image_that_holds_a_class_on_one_side_alone_counts_as_none() -> None:
    truth = torch.zeros(3, 6, 6, dtype=torch.uint8)
    truth[:2, 1:3, 1:3] = 1
    guess = truth.clone()
    guess[1] = 0
    metric = SurfaceDice()
    metric.begin("multiclass", 2)
    metric.update(predicted(guess, truth))

    assert float(metric.compute()[1]) == 0.5  # right in the first, missed in the second, in neither of the third


def test_each_label_of_a_pixel_is_a_region_of_its_own() -> None:
    mask = torch.zeros(1, 2, 8, 8, dtype=torch.uint8)
    mask[:, 0, 1:5, 1:5], mask[:, 1, 1:7, 1:7] = 1, 1
    mask[:, 1, 0] = IGNORE_INDEX
    logits = mask.float() * 4 - 2
    logits[:, 1] = torch.where(mask[:, 0] == 1, 2.0, -2.0)
    rows = SurfaceDice(0).rows(evaluated(logits, mask, "multilabel"))

    assert rows[0, 0].tolist() == [1, 1]
    assert rows[0, 1, 1] == reference.surface_dice(
        *(mask[0, label].numpy() == 1 for label in (1, 0)), mask[0, 1].numpy() == IGNORE_INDEX, 0
    )


def test_a_negative_tolerance_is_refused() -> None:
    with pytest.raises(ValueError, match="tolerance_px -1, expected 0 or more; 2 is usual"):
        SurfaceDice(-1)
    with pytest.raises(ValueError, match="tolerance_px nan"):
        SurfaceDice(np.nan)
