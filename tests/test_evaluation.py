import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.evaluation import Evaluation, cut
from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.scores import Scores
from segcli.prediction import DensePrediction
from segcli.sample import Batch
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


def _batch(seed: int, size: int, **more: object) -> tuple[Callable[[object], DensePrediction], dict[str, object]]:
    torch.manual_seed(seed)
    mask = torch.randint(3, (size, 4, 4), dtype=torch.uint8)
    prediction = dense(torch.randn(size, 3, 4, 4))
    paths = [f"{seed}_{i}" for i in range(size)]
    return lambda _: prediction, {"image": torch.zeros(size, 3, 4, 4), "mask": mask, "path": paths, **more}


def test_a_pass_is_the_same_whatever_the_batches_are() -> None:
    one, two = _evaluation(), _evaluation()
    predict, batch = _batch(0, 4)
    one.update(predict, batch)  # type: ignore[arg-type]
    for i in range(4):
        part = {name: batch[name][i : i + 1] for name in ("image", "mask", "path")}  # type: ignore[index]
        two.update(lambda _, i=i: dense(predict(None).map[i : i + 1]), part)  # type: ignore[arg-type, misc]

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


def _pixelwise(images: Tensor) -> DensePrediction:
    """Predict every pixel for itself, so that tiles and mirrored views say the same."""
    return dense(images * torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1))


def _large_batch() -> Batch:
    torch.manual_seed(0)
    mask = torch.randint(3, (2, 90, 130), dtype=torch.uint8)
    return {"image": 3 * torch.rand(2, 3, 90, 130), "mask": mask, "path": ["a", "b"], "size": [(90, 130), (90, 130)]}


SETTINGS: list[dict[str, Any]] = [
    {"tile": 64},
    {"tile": 64, "overlap": 0},
    {"tile": "auto"},
    {"tta": ["hflip", "vflip"]},
    {"tile": 64, "tta": ["hflip"]},
]


def _scored(settings: dict[str, Any], batch: Batch) -> tuple[dict[str, float], Scores, list[Tensor]]:
    evaluation = _evaluation()
    evaluation.inference = Inference(InferenceSettings(**settings), "multiclass", CLASSES)
    labels = evaluation.update(_pixelwise, batch)
    assert labels.shape == batch["mask"].shape
    return *evaluation.compute(), evaluation.predict(lambda images: _pixelwise(images).map, batch)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_tiles_and_views_are_scored_as_whole_images_are(settings: dict[str, Any]) -> None:
    batch = _large_batch()
    (_, plain, predicted), (losses, scores, others) = _scored({}, batch), _scored(settings, batch)
    assert math.isfinite(losses["loss"])
    assert float(scores.mean_iou) == pytest.approx(float(plain.mean_iou), abs=1e-3)
    for one, other in zip(predicted, others, strict=True):
        assert float((one != other).float().mean()) < 1e-3


@pytest.mark.parametrize("settings", [{"tta": ["hflip"]}, {"tile": 64, "overlap": 0}], ids=str)
def test_the_loss_is_that_of_what_the_model_was_given(settings: dict[str, Any]) -> None:
    """Of the image itself, not of its views; of all pixels of all tiles, of which the last may overlap."""
    batch = _large_batch()
    batch["image"], batch["mask"] = batch["image"][..., :64, :128], batch["mask"][..., :64, :128]
    (plain, *_), (losses, *_) = _scored({}, batch), _scored(settings, batch)
    assert losses["loss_CrossEntropyLoss"] == pytest.approx(plain["loss_CrossEntropyLoss"], rel=1e-5)


def test_a_loss_sees_the_part_of_its_targets_that_a_tile_shows() -> None:
    batch = _large_batch()
    batch["targets"] = {"map": torch.arange(2 * 90 * 130).view(2, 90, 130), "number": torch.ones(2)}
    part = cut(batch, 10, 20, (64, 60))
    assert torch.equal(part["mask"], batch["mask"][:, 10:74, 20:80])
    assert torch.equal(part["targets"]["map"], batch["targets"]["map"][:, 10:74, 20:80])
    assert torch.equal(part["targets"]["number"], batch["targets"]["number"])


def test_scores_are_those_of_cleaned_labels() -> None:
    batch = _large_batch()
    evaluation = _evaluation()
    evaluation.inference = Inference(InferenceSettings(min_area_px=200), "multiclass", CLASSES)
    assert len(evaluation.update(_pixelwise, batch).unique()) == 1
    assert len(evaluation.predict(lambda images: _pixelwise(images).map, batch)[0].unique()) == 1


def test_scores_are_those_of_the_thresholds() -> None:
    evaluation = Evaluation(
        KINDS["binary"], CLASSES[:2], DenseCriterion(CrossEntropyLoss()), ChosenMetrics([], "binary", 2)
    )
    batch = _large_batch()
    batch["mask"] = batch["mask"] % 2

    def share(threshold: float | None) -> float:
        evaluation.inference = Inference(InferenceSettings(threshold=threshold), "binary", CLASSES[:2])
        labels = evaluation.update(lambda images: dense(images[:, :1] - 1.5), batch)
        return float(labels.float().mean())

    assert share(None) == share(0.5) == pytest.approx(0.5, abs=0.02)
    assert share(0.6) < 0.45
    assert share(0.4) > 0.55
