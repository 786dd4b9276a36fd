import pytest
import torch
import torchmetrics
from torch import Tensor
from torchmetrics import classification

from segcli.config.errors import ConfigError
from segcli.metrics.average_precision import AveragePrecision
from segcli.metrics.base import Metric
from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.expected_calibration_error import ExpectedCalibrationError
from segcli.metrics.f_beta import FBeta
from segcli.metrics.from_labels import LabelMetrics, from_labels, no_probabilities
from segcli.metrics.hd95 import HD95
from segcli.metrics.surface_dice import SurfaceDice


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_what_needs_probabilities_is_told_from_the_others(task: str) -> None:
    chosen = [AveragePrecision(), BoundaryIoU(), ExpectedCalibrationError(), HD95(), SurfaceDice(), FBeta()]
    kept, left_out = from_labels(chosen, task, 2)
    assert kept == [chosen[1], *chosen[3:]]
    assert left_out == ["mAP", "ece"]


class _Brier(torchmetrics.Metric):
    higher_is_better = False
    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros(()))

    def update(self, preds: Tensor, target: Tensor) -> None:
        self.total = self.total + (preds - target).square().sum()

    def compute(self) -> Tensor:
        return self.total


def test_of_torchmetrics_labels_must_give_what_probabilities_do() -> None:
    kappa, area = classification.MulticlassCohenKappa(3), classification.MulticlassAUROC(3)
    kept, left_out = from_labels([kappa, area], "multiclass", 3)
    assert left_out == ["MulticlassAUROC"]
    chosen = ChosenMetrics(kept, "multiclass", 3)
    labels = torch.tensor([[[0, 1, 2, 1]]])
    chosen.update(Evaluated(labels, labels, torch.zeros(1, 3, 3), ["a"], no_probabilities))
    assert float(chosen.compute()[0][1]) == 1
    assert from_labels([_Brier()], "binary", 2) == ([], ["_Brier"])


def test_a_fault_of_a_metric_is_no_wish_for_probabilities() -> None:
    class Broken(BoundaryIoU):
        def update(self, batch: Evaluated) -> None:
            raise ValueError("broken")

    metric: Metric = Broken()
    with pytest.raises(ValueError, match="broken"):
        from_labels([metric], "multiclass", 2)


def test_a_metric_that_asks_for_probabilities_in_some_batches_is_named_with_what_to_do() -> None:
    class Rarely(BoundaryIoU):
        name, class_name = "rarely", "rarely_of"

        def update(self, batch: Evaluated) -> None:
            if batch.paths == ["c"]:
                batch.probabilities()

    chosen = LabelMetrics(from_labels([BoundaryIoU(), Rarely()], "multiclass", 3)[0], "multiclass", 3)
    labels = torch.tensor([[[0, 1, 2, 1]]])
    first, second = (Evaluated(labels, labels, torch.zeros(1, 3, 3), [path], no_probabilities) for path in "bc")
    chosen.update(first)
    with pytest.raises(ConfigError, match=r"model.metrics: rarely asks for probabilities of c, .*; remove it"):
        chosen.update(second)
