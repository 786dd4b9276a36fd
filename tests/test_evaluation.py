import pytest
import torch

from segcli.evaluation import Evaluation
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.prediction import DensePrediction
from segcli.task_kind import KINDS
from tests.losses.data import dense

CLASSES = ("a", "b", "c")


def _evaluation() -> Evaluation:
    return Evaluation(
        KINDS["multiclass"],
        CLASSES,
        DenseCriterion(WeightedSum([CrossEntropyLoss(), DiceLoss()], [1.0, 0.5])),
        ChosenMetrics([], "multiclass", 3),
    )


def _batch(seed: int, size: int, **more: object) -> tuple[DensePrediction, dict[str, object]]:
    torch.manual_seed(seed)
    mask = torch.randint(3, (size, 4, 4), dtype=torch.uint8)
    return dense(torch.randn(size, 3, 4, 4)), {"mask": mask, "path": [f"{seed}_{i}" for i in range(size)], **more}


def test_a_pass_is_the_same_whatever_the_batches_are() -> None:
    one, two = _evaluation(), _evaluation()
    prediction, batch = _batch(0, 4)
    one.update(prediction, batch)  # type: ignore[arg-type]
    for i in range(4):
        part = {"mask": batch["mask"][i : i + 1], "path": batch["path"][i : i + 1]}  # type: ignore[index]
        two.update(dense(prediction.map[i : i + 1]), part)  # type: ignore[arg-type]

    (losses, scores), (other_losses, others) = one.compute(), two.compute()
    assert list(losses) == ["loss", "loss_CrossEntropyLoss", "loss_DiceLoss"]
    assert losses == pytest.approx(other_losses, rel=1e-6)
    assert scores.mean_iou == others.mean_iou
    assert one.images[0] == two.images[0] == ["0_0", "0_1", "0_2", "0_3"]


def test_a_filler_counts_nothing() -> None:
    evaluation, alone = _evaluation(), _evaluation()
    for each in (evaluation, alone):
        each.update(*_batch(0, 2))  # type: ignore[arg-type]
    evaluation.update(*_batch(1, 2, is_filler=True))  # type: ignore[arg-type]

    (loss, scores), (other_loss, others) = evaluation.compute(), alone.compute()
    assert (loss, scores.mean_iou) == (other_loss, others.mean_iou)


def test_the_next_pass_begins_anew() -> None:
    evaluation, alone = _evaluation(), _evaluation()
    evaluation.update(*_batch(0, 2))  # type: ignore[arg-type]
    evaluation.compute()
    for each in (evaluation, alone):
        each.update(*_batch(1, 3))  # type: ignore[arg-type]

    assert evaluation.compute()[1].mean_iou == alone.compute()[1].mean_iou
    assert evaluation.images[0] == alone.images[0]
