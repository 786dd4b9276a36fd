import pytest
import torch

from segcli.metrics.average_precision import AveragePrecision
from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.metrics.chosen_metrics import ChosenMetrics, drawn_batch, with_thresholds
from segcli.metrics.expected_calibration_error import ExpectedCalibrationError
from segcli.metrics.hd95 import HD95
from segcli.metrics.surface_dice import SurfaceDice
from segcli.task_kind import TaskName
from tests.metrics.made_batches import CLASSES, drawn, evaluated


def test_every_score_has_its_value_and_those_of_classes_their_mean() -> None:
    chosen = ChosenMetrics([HD95(), ExpectedCalibrationError(), AveragePrecision(5)], "multiclass", 3)
    chosen.update(evaluated(*drawn("multiclass")))
    found = {(spec.name, spec.per_class): value for spec, value in chosen.compute()}

    assert list(found) == [("hd95", False), ("hd95", True), ("ece", False), ("mAP", False), ("AP", True)]
    assert found["hd95", False] == found["hd95", True].nanmean()
    assert list(chosen.images) == ["hd95", "ece"]
    chosen.reset()
    chosen.update(evaluated(*drawn("multiclass", seed=1)))
    again = {(spec.name, spec.per_class): value for spec, value in chosen.compute()}
    assert not any(again[key].equal(found[key]) for key in found)


def test_without_metrics_there_is_nothing_to_do() -> None:
    chosen = ChosenMetrics([], "multiclass", 3)

    assert not chosen
    assert chosen.compute() == ()
    assert chosen.state_dict() == {}
    assert chosen.images == {}


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two scores called surface_dice; give one a name of its own"):
        ChosenMetrics([SurfaceDice(1), SurfaceDice(2)], "multiclass", 3)
    chosen = ChosenMetrics([SurfaceDice(1), SurfaceDice(2, name="wide", group=True)], "multiclass", 3)
    assert {"surface_dice", "surface_dice/", "wide", "wide/"} < chosen.specs.keys()
    assert chosen.grouped == ["wide"]


def test_a_metric_whose_values_do_not_fit_is_told() -> None:
    class Wrong(BoundaryIoU):
        def compute(self) -> torch.Tensor:
            return super().compute()[:2]

    chosen = ChosenMetrics([Wrong()], "multiclass", 3)
    chosen.update(evaluated(*drawn("multiclass")))
    with pytest.raises(ValueError, match=r"boundary_iou returned values of shape \(2,\), expected \(3,\)"):
        chosen.compute()


def test_the_key_for_average_precision_adds_it_once() -> None:
    assert with_thresholds(None, None) == []
    (added,) = with_thresholds(None, 7)
    assert isinstance(added, AveragePrecision)
    assert added.thresholds == 7
    assert len(with_thresholds([AveragePrecision(9)], 7)) == 1
    with pytest.raises(ValueError, match="average_precision_thresholds got 1, expected at least 2, or null"):
        with_thresholds(None, 1)


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_a_drawn_batch_is_one_of_the_task(task: TaskName) -> None:
    chosen = ChosenMetrics([BoundaryIoU(), HD95(), ExpectedCalibrationError(), AveragePrecision()], task, CLASSES[task])
    chosen.update(drawn_batch(task, CLASSES[task]))

    assert not any(value.isnan().all() for _, value in chosen.compute())
