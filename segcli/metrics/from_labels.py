"""Tell the metrics that label maps give from those that need probabilities."""

import copy
from collections.abc import Sequence

import torchmetrics
from torch import Tensor

from segcli.config.errors import ConfigError, Problem
from segcli.metrics.base import Metric
from segcli.metrics.chosen_metrics import ChosenMetrics, drawn_batch
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.torch_metric import TorchMetric, as_metric


class _NoProbabilitiesError(Exception):
    """A metric asked for probabilities."""


def no_probabilities() -> Tensor:
    """Refuse, in place of probabilities."""
    raise _NoProbabilitiesError


class LabelMetrics(ChosenMetrics):
    """The metrics that label maps give, one of which may yet ask for probabilities in some batches."""

    def update(self, batch: Evaluated) -> None:
        """Add a batch.

        Raises:
            ConfigError: If a metric asks for probabilities.
        """
        for metric in self:
            try:
                metric.update(batch)
            except _NoProbabilitiesError:
                what = f"{metric.spec.name} asks for probabilities of {', '.join(batch.paths)}, which label maps do not"
                told = f"{what} hold; remove it, --model.metrics takes the list of the others"
                raise ConfigError([Problem(told, "model.metrics")]) from None


def from_labels(
    metrics: Sequence[Metric | torchmetrics.Metric], task: str, num_classes: int
) -> tuple[list[Metric], list[str]]:
    """Return the metrics that label maps give, and the names of the others.

    Args:
        metrics: As the experiment names them.
        task: ``multiclass``, ``binary`` or ``multilabel``.
        num_classes: K.
    """
    kept, left_out, drawn = list[Metric](), list[str](), drawn_batch(task, num_classes)
    batch = Evaluated(drawn.prediction, drawn.mask, drawn.matrices, drawn.paths, no_probabilities)
    for metric in map(as_metric, metrics):
        metric.begin(task, num_classes)
        takes_labels = metric.take_labels() if isinstance(metric, TorchMetric) else _takes(copy.deepcopy(metric), batch)
        if takes_labels:
            kept.append(metric)
        else:
            left_out.append(metric.spec.name)
    return kept, left_out


def _takes(metric: Metric, batch: Evaluated) -> bool:
    try:
        metric.update(batch)
    except _NoProbabilitiesError:
        return False
    return True
