"""The metrics that an experiment names, measured together."""

from collections.abc import Iterator, Mapping, Sequence

import torch
import torchmetrics
from torch import Tensor, nn

from segcli.metrics.average_precision import AveragePrecision
from segcli.metrics.base import Floats, ImageMetric, Metric
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.torch_metric import as_metric
from segcli.score_spec import MetricSpec, ScoreSpec, with_metrics, wrong_name


class ChosenMetrics(nn.Module):
    """Update, compute and reset all metrics of an experiment; without any, nothing is done.

    Args:
        metrics: As the experiment names them.
        task: ``multiclass``, ``binary`` or ``multilabel``.
        num_classes: K.

    Attributes:
        specs: Every score that is logged, by name, as :func:`segcli.score_spec.find_score` takes them.

    Raises:
        ValueError: If two scores would have one name.
    """

    def __init__(self, metrics: Sequence[Metric | torchmetrics.Metric], task: str, num_classes: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(map(as_metric, metrics))
        for metric in self:
            metric.begin(task, num_classes)
        self.num_classes = num_classes
        if wrong := wrong_name(self.metric_specs):
            raise ValueError(wrong)
        self.specs: Mapping[str, ScoreSpec] = with_metrics(self.metric_specs)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.members)  # type: ignore[arg-type]  # a list of modules forgets their type

    def __bool__(self) -> bool:
        return len(self.members) > 0

    @property
    def metric_specs(self) -> list[MetricSpec]:
        """What is known of each."""
        return [metric.spec for metric in self]

    @property
    def images(self) -> dict[str, tuple[list[str], Floats]]:
        """Paths of the images of the last evaluation and what each adds, by the name of the metric."""
        return {metric.spec.name: metric.images for metric in self if isinstance(metric, ImageMetric)}

    @property
    def grouped(self) -> list[str]:
        """Names of those that are wanted of every group of images."""
        return [metric.spec.name for metric in self if isinstance(metric, ImageMetric) and metric.group]

    def update(self, batch: Evaluated) -> None:
        """Add a batch."""
        for metric in self:
            metric.update(batch)

    def compute(self) -> tuple[tuple[ScoreSpec, Tensor], ...]:
        """Return every score with its value, on the CPU; with several ranks, all of them have to call this."""
        found: list[tuple[ScoreSpec, Tensor]] = []
        for metric in self:
            value = metric.compute().detach().cpu().double()
            whole, *of_class = metric.spec.scores
            expected = (self.num_classes,) if of_class else ()
            if value.shape != expected:
                raise ValueError(
                    f"{whole.name} returned values of shape {tuple(value.shape)}, expected {expected}; compute() gives "
                    "a scalar or, with a class_name, a value for each class"
                )
            found += [(whole, value.nanmean() if of_class else value), *((spec, value) for spec in of_class)]
        return tuple(found)

    def reset(self) -> None:
        """Forget everything added."""
        for metric in self:
            metric.reset()


def with_thresholds(
    metrics: Sequence[Metric | torchmetrics.Metric] | None, thresholds: int | None
) -> list[Metric | torchmetrics.Metric]:
    """Return metrics with average precision, where ``model.average_precision_thresholds`` asks for it.

    Raises:
        ValueError: If ``thresholds`` is below 2.
    """
    if thresholds is not None and thresholds < 2:
        raise ValueError(f"average_precision_thresholds got {thresholds}, expected at least 2, or null.")
    chosen = list(metrics or ())
    if thresholds is not None and not any(isinstance(metric, AveragePrecision) for metric in chosen):
        chosen.append(AveragePrecision(thresholds))
    return chosen


def drawn_batch(task: str, num_classes: int, size: int = 8) -> Evaluated:
    """Return a batch of two images with every class, to try metrics on."""
    shape = (2, num_classes, size, size) if task == "multilabel" else (2, size, size)
    span = 2 if task == "multilabel" else num_classes
    mask = torch.arange(torch.Size(shape).numel()).remainder(span).view(shape).to(torch.uint8)
    outputs = 1 if task == "binary" else num_classes
    values = torch.full((2, outputs, size, size), 1 / max(2, outputs))
    counts = torch.ones((2, num_classes, 2, 2) if task == "multilabel" else (2, num_classes, num_classes)).long()
    return Evaluated(mask, mask, counts, ["a", "b"], lambda: values)
