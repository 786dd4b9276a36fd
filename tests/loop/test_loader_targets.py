from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from segcli.cli.main import main
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.mask_targets import MaskTargets
from segcli.loop.loader_targets import compute_targets
from segcli.losses.boundary_loss import BoundaryLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.summed_loss import Sums
from segcli.losses.weighted_sum import WeightedSum
from segcli.prediction import Prediction
from segcli.sample import Batch

LOSS = "--model.loss={class_path: WeightedSum, terms: [DiceLoss, BoundaryLoss], weights: [1.0, 0.5]}"
AUXILIARY = ["--model.auxiliary=[{class_path: FCN, level: -2, width: 8}]", "--model.extra_loss_weight=0.4"]


def shapes(**settings: object) -> ShapesDataModule:
    data = ShapesDataModule(train_size=4, val_size=3, test_size=1, image_size=32, batch_size=2, **settings)  # type: ignore[arg-type]
    data.setup("fit")
    return data


def trainer(data: object, precision: str = "32-true") -> Any:  # noqa: ANN401  (stands for Lightning's)
    return SimpleNamespace(datamodule=data, precision=precision)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("num_workers", [0, 1])
def test_loaders_compute_what_the_loss_would_in_training_and_evaluation(multilabel: bool, num_workers: int) -> None:
    data, loss = shapes(multilabel=multilabel, num_workers=num_workers), BoundaryLoss()
    channels = len(data.classes)

    compute_targets(DenseCriterion(WeightedSum([DiceLoss(), loss])), channels, trainer(data))

    for loader in (data.train_dataloader(), data.val_dataloader()):
        batch = next(iter(loader))
        expected = MaskTargets(loss.mask_targets, channels).completed(batch["mask"], None)
        torch.testing.assert_close(batch["targets"], expected, rtol=0, atol=0)


def test_where_nothing_is_asked_for_nothing_is_computed_and_where_numbers_are_rounded() -> None:
    data, asks = shapes(), DenseCriterion(BoundaryLoss())
    for criterion, precision, computes in [
        (asks, "bf16-mixed", True),
        (asks, "bf16-true", False),
        (asks, "32-true", True),
        (DenseCriterion(DiceLoss()), "32-true", False),
        (asks, "64-true", False),
    ]:
        compute_targets(criterion, 4, trainer(data, precision))
        assert ("targets" in data.datasets["train"][0]) == computes
    compute_targets(asks, 4, trainer(None))
    compute_targets(asks, 4, trainer(object()))


def test_a_training_compares_with_what_the_step_would_compute(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []
    batch_sums = DenseCriterion.batch_sums

    def watched(self: DenseCriterion, prediction: Prediction, batch: Batch) -> list[Sums]:
        own = MaskTargets(self.mask_targets, prediction.num_outputs).completed(batch["mask"], None)
        compared.append(torch.equal(batch["targets"]["signed_distance"], own["signed_distance"]))
        return batch_sums(self, prediction, batch)

    monkeypatch.setattr(DenseCriterion, "batch_sums", watched)
    words = [LOSS, *AUXILIARY, "--trainer.accumulate_grad_batches=2", "--trainer.fast_dev_run=2"]

    assert main(["fit", "-c", str(tiny), *words]) == 0

    assert compared == [True] * 3  # two batches to train with, and the one that there is to validate


def test_weights_in_half_precision_ask_for_nothing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[MaskTargets | None] = []
    monkeypatch.setattr(SegmentationDataModule, "compute_targets", lambda self, targets: asked.append(targets))

    assert main(["fit", "-c", str(tiny), LOSS, "--trainer.precision=bf16-true", "--trainer.fast_dev_run=1"]) == 0

    assert asked == [None]
