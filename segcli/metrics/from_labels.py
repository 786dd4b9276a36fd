"""Tell the metrics that label maps give from those that need probabilities."""

import copy
from collections.abc import Sequence

import torchmetrics
from torch import Tensor

from segcli.metrics.base import Metric
from segcli.metrics.chosen_metrics import drawn_batch
from segcli.metrics.evaluated import Evaluated
from segcli.metrics.torch_metric import TorchMetric, as_metric


class _NoProbabilitiesError(Exception):
    """A metric asked for probabilities."""


def no_probabilities() -> Tensor:
    """Refuse, in place of probabilities."""
    raise _NoProbabilitiesError


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
