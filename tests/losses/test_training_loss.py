import math

import pytest
import torch

from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.training_loss import TrainingLoss
from segcli.prediction import DensePrediction
from segcli.sample import Batch
from tests.losses.data import dense


def _batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return torch.randn(2, 3, 4, 4, requires_grad=True), torch.randint(3, (2, 4, 4), dtype=torch.uint8)


def _predicted(
    logits: torch.Tensor, mask: torch.Tensor, coming: tuple[torch.Tensor, ...] = ()
) -> tuple[DensePrediction, Batch]:
    batch = {"mask": mask, "coming": list(coming)} if coming else {"mask": mask}
    return dense(logits), batch  # type: ignore[return-value]  # without images


def test_means_are_over_pixels_since_the_last_log_and_over_the_epoch() -> None:
    loss, values = TrainingLoss(DenseCriterion(CrossEntropyLoss())), []
    for seed in range(3):
        values.append(loss(*_predicted(*_batch(seed)), 0, 1, 1).item())
        if seed == 1:
            assert loss.since_log() == {"loss": pytest.approx(sum(values) / 2)}
    assert loss.since_log() == {"loss": pytest.approx(values[2])}
    assert math.isnan(loss.since_log()["loss"])
    assert loss.of_epoch() == pytest.approx(sum(values) / 3)
    loss.end_epoch()
    assert math.isnan(loss.of_epoch())


def test_batches_of_a_step_add_up_to_the_gradient_of_one_batch() -> None:
    (first, mask_1), (second, mask_2) = _batch(0), _batch(1)
    mask_2[:, :3] = 255
    loss = TrainingLoss(DenseCriterion(CrossEntropyLoss()))
    whole = CrossEntropyLoss()(torch.cat([first, second]), torch.cat([mask_1, mask_2]))
    expected = torch.autograd.grad(whole, (first, second))

    parts = [loss(*_predicted(first, mask_1, (mask_2,)), 0, 2, 2), loss(*_predicted(second, mask_2), 1, 2, 2)]

    torch.testing.assert_close(torch.autograd.grad(sum(parts) / 2, (first, second)), expected)  # type: ignore[arg-type]


def test_it_resumes_with_what_was_not_logged() -> None:
    loss, resumed = TrainingLoss(DenseCriterion(CrossEntropyLoss())), TrainingLoss(DenseCriterion(CrossEntropyLoss()))
    loss(*_predicted(*_batch(0)), 0, 1, 1)

    resumed.load(loss.state())

    assert resumed.of_epoch() == loss.of_epoch()
    assert resumed.since_log() == loss.since_log()


def test_sums_of_another_loss_are_left_out_and_a_new_run_begins_without_any() -> None:
    loss = TrainingLoss(DenseCriterion(FocalLoss()))
    loss(*_predicted(*_batch(0)), 0, 1, 1)
    own, other, weighted = (
        TrainingLoss(DenseCriterion(each)) for each in (FocalLoss(), DiceLoss(), CrossEntropyLoss([1.0, 2.0, 3.0]))
    )
    for each in (own, other, weighted):
        each.load(loss.state())

    assert own.of_epoch() == loss.of_epoch()
    assert math.isnan(other.of_epoch())
    assert math.isnan(weighted.since_log()["loss"])
    own.begin_anew()
    assert math.isnan(own.of_epoch())
    assert math.isnan(own.since_log()["loss"])
