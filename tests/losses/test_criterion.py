"""A criterion of a user's own, which takes whole predictions."""

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from segcli.losses.criterion import Criterion, part_names
from segcli.losses.dense_criterion import criterion_of
from segcli.losses.running_sums import RunningSums
from segcli.losses.summed_loss import Sums
from segcli.prediction import DensePrediction, Prediction
from tests.losses.data import dense


class OfMaps(Criterion):
    """The mean square of the map, and of its width."""

    @property
    def names(self) -> Sequence[str]:
        return "square", "width"

    @property
    def averages(self) -> Sequence[str]:
        return "pixels of the map", "images"

    def sums(self, prediction: Prediction, mask: Tensor) -> list[Sums]:
        assert isinstance(prediction, DensePrediction)
        x = prediction.map
        return [(x.square().sum(), torch.tensor(x.numel())), (torch.tensor(float(x.shape[-1])), torch.tensor(1))]

    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        return [total / count for total, count in sums]

    def combine(self, values: Sequence[Tensor]) -> Tensor:
        return values[0] + 0.5 * values[1]

    def weigh(self, mask: Tensor, channels: int) -> Sequence[Tensor]:
        return torch.tensor(mask.numel() * channels), torch.tensor(len(mask))


def test_the_loss_of_several_batches_follows_from_added_sums() -> None:
    criterion, added = OfMaps(), RunningSums()
    for value in (1.0, 3.0):
        added.update(criterion.sums(dense(torch.full((1, 2, 4, 4), value)), torch.zeros(1, 4, 4)))
    assert criterion.mean(added) == 5 + 0.5 * 4
    assert criterion.means(added) == {"loss": 7, "loss_square": 5, "loss_width": 4}
    assert criterion.weights(torch.zeros(3, 4, 4), 2).tolist() == [96, 3]
    assert criterion.definition(8) == ["square: mean over pixels of the map", "width: mean over images"]


def test_parts_that_share_a_name_are_numbered_and_extra_predictions_named() -> None:
    assert part_names(["DiceLoss", "DiceLoss"], 2) == ["loss_DiceLoss", "loss_DiceLoss_2"]
    assert part_names(["a", "b"], 6)[2:] == ["loss_extra_1_a", "loss_extra_1_b", "loss_extra_2_a", "loss_extra_2_b"]


def test_of_nothing_there_is_no_mean() -> None:
    (mean,) = OfMaps().means(RunningSums()).items()
    assert mean[0] == "loss"
    assert math.isnan(mean[1])


def test_it_is_used_as_it_is_and_weighs_extra_predictions_by_itself() -> None:
    criterion = OfMaps()
    assert criterion_of(criterion) is criterion  # type: ignore[comparison-overlap]
    with pytest.raises(ValueError, match="OfMaps weighs extra predictions by itself; set it to null"):
        criterion_of(criterion, 0.4)
    with pytest.raises(ValueError, match="OfMaps compares no maps; set it to null"):
        criterion_of(criterion, at_map=True)
