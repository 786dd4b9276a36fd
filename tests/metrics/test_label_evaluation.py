import torch

from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.from_labels import no_probabilities
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.metrics.multilabel_metric import MultilabelMetric
from segcli.metrics.segmentation_metric import SegmentationMetric


def test_every_pass_counts_anew() -> None:
    evaluation = LabelEvaluation(SegmentationMetric(2), ChosenMetrics([BoundaryIoU()], "multiclass", 2))
    mask = torch.tensor([[[0, 0, 1, 255]]])
    for labels, expected in ((mask.clamp(max=1), 1.0), (torch.zeros_like(mask), 2 / 3)):
        evaluation.count(labels, mask, ["a.png"], no_probabilities)
        scores = evaluation.scores()
        assert float(scores.pixel_accuracy) == expected
        assert evaluation.images[0] == ["a.png"]
        assert [spec.name for spec, _ in scores.others] == ["boundary_iou", "boundary_iou"]


def test_the_shape_is_that_of_the_counts_of_an_image() -> None:
    none = ChosenMetrics([], "multiclass", 3)
    assert LabelEvaluation(SegmentationMetric(3), none).shape == (3, 3)
    assert LabelEvaluation(MultilabelMetric(3), none).shape == (3, 2, 2)
