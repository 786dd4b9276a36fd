from pathlib import Path

import pytest
import torch

from segcli.metrics.base import ImageMetric, Metric
from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.metrics.expected_calibration_error import ExpectedCalibrationError
from segcli.metrics.surface_dice import SurfaceDice
from tests.distributed.ranks import on_two_ranks
from tests.metrics.made_batches import drawn, evaluated


class Nameless(ImageMetric):
    higher_is_better = True

    def rows(self, batch: object) -> object:  # type: ignore[override]
        return batch


def test_a_class_without_name_or_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="Nameless got no name, expected it among the class's attributes"):
        Nameless()


def test_a_name_of_its_own_and_the_arguments_tell_it_from_others() -> None:
    specs = [metric.spec for metric in (SurfaceDice(2), SurfaceDice(3), SurfaceDice(2, name="near"))]

    assert [spec.definition for spec in specs] == [f"SurfaceDice(tolerance_px={n})" for n in (2, 3, 2)]
    assert (specs[2].name, specs[2].class_name, specs[2].title) == ("near", "near", "near")
    assert (specs[0].name, specs[0].title) == ("surface_dice", "surface Dice")


def _metrics() -> list[Metric]:
    metrics: list[Metric] = [BoundaryIoU(), ExpectedCalibrationError()]
    for metric in metrics:
        metric.begin("multiclass", 3)
    return metrics


def rank(index: int, store: str) -> None:
    logits, mask = drawn("multiclass", size=3)
    found = []
    for metric in _metrics():
        for part in ([0, 2], [1])[index : index + 1]:
            metric.update(evaluated(logits[part], mask[part], paths=[str(image) for image in part]))
        found.append(metric.compute())
        assert metric.images[0] == ["0", "1", "2"]
    empty = BoundaryIoU()  # a rank that got no image
    empty.begin("multiclass", 3)
    if index:
        empty.update(evaluated(logits, mask))
    torch.save([*found, empty.compute()], f"{store}.{index}")


def test_ranks_agree_on_the_score_of_all_images(tmp_path: Path) -> None:
    logits, mask = drawn("multiclass", size=3)
    alone = []
    for metric in _metrics():
        for part in ([0, 2], [1]):
            metric.update(evaluated(logits[part], mask[part], paths=[str(image) for image in part]))
        alone.append(metric.compute())

    on_two_ranks(rank, str(tmp_path / "store"))

    for index in range(2):
        found = torch.load(tmp_path / f"store.{index}")
        for ours, expected in zip(found, [*alone, alone[0]], strict=True):
            assert ours.equal(expected)


def test_without_any_image_there_is_no_score() -> None:
    for metric in _metrics():
        assert metric.compute().isnan().all()
