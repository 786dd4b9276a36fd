"""A metric of torchmetrics, named in an experiment by its class path."""

import copy
import inspect
from typing import cast

import torch
import torchmetrics
from torch import Tensor

from segcli.metrics.base import Metric
from segcli.metrics.evaluated import Evaluated
from segcli.sample import IGNORE_INDEX
from segcli.score_spec import MetricSpec

_WRAP = (
    "wrap it: a class of your own that derives from segcli.metrics.base.Metric and passes on in update() what it takes"
)
_PIXELS = 64


class TorchMetric(Metric):
    """Pass pixels on to a metric of torchmetrics, in the first form that it takes.

    Ignored pixels are left out before, so that the metric needs no ``ignore_index``. The N others of a batch are

    - ``(N, K)`` probabilities and ``(N,)`` class indices of the multiclass task,
    - ``(N,)`` probabilities of the second class and ``(N,)`` of 0 and 1 of the binary one,
    - ``(N, K)`` probabilities and ``(N, K)`` of 0 and 1 of the multilabel one, a pixel being left out where any of its
      labels is ignored,

    or predictions of 0 to K - 1, or 0 and 1, in place of probabilities. The metric must return one number.

    Args:
        metric: It; logged under the name of its class.

    Raises:
        ValueError: If the metric does not say whether higher is better.
    """

    name = ""  # each has that of its class
    higher_is_better = True

    def __init__(self, metric: torchmetrics.Metric) -> None:
        self.metric_name, self.is_higher_better = type(metric).__name__, metric.higher_is_better
        if self.is_higher_better is None:
            raise ValueError(
                f"{self.metric_name} does not say whether higher is better; derive a class from it with "
                "higher_is_better = True, or False"
            )
        super().__init__()
        self.metric = metric
        self._takes_probabilities: bool | None = None

    @property
    def spec(self) -> MetricSpec:
        """What the class of the metric says."""
        definition = f"{type(self.metric).__module__}.{self.metric_name}"
        return MetricSpec(self.metric_name, higher_is_better=bool(self.is_higher_better), definition=definition)

    def take_labels(self) -> bool:
        """Take labels from now on, where they give what probabilities do; return whether they do."""
        results: list[Tensor | None] = []
        for takes_probabilities in (True, False):
            trial = copy.deepcopy(self.metric)
            trial.reset()
            try:
                trial.update(*_drawn(self.task, self.num_classes, takes_probabilities, torch.device("cpu")))
                results.append(torch.as_tensor(trial.compute()).double())
            except Exception:  # it does not take them
                results.append(None)
        probable, certain = results
        self._takes_probabilities = certain is None or (probable is not None and not torch.equal(probable, certain))
        return not self._takes_probabilities

    def update(self, batch: Evaluated) -> None:
        """Add a batch."""
        if self._takes_probabilities is None:
            self._takes_probabilities = self._form(batch.mask.device)
        if batch.multilabel:
            counted = (batch.mask != IGNORE_INDEX).all(dim=1)
            target = batch.mask.movedim(1, -1)[counted]
        else:
            counted = batch.mask != IGNORE_INDEX
            target = batch.mask[counted]
        if not target.numel():
            return
        values = batch.probabilities if self._takes_probabilities else batch.prediction.long()
        if values.ndim == 4:
            values = values.movedim(1, -1)[counted]
            values = values[:, 0] if self.task == "binary" else values
        else:
            values = values[counted]
        self.metric.update(values, target.long())

    def compute(self) -> Tensor:
        """Return its value."""
        value = self.metric.compute()
        if not isinstance(value, Tensor) or value.numel() != 1:
            shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"{self.metric_name} returned {shape}, expected one number; set its average, or {_WRAP}, with a "
                "class_name"
            )
        return value.detach().cpu().double().reshape(())

    def reset(self) -> None:
        """Forget everything added."""
        self.metric.reset()

    def _form(self, device: torch.device) -> bool:
        """Return whether it takes probabilities; else it takes labels.

        Raises:
            ValueError: If it takes neither.
        """
        reasons = []
        for takes_probabilities in (True, False):
            trial = copy.deepcopy(self.metric).to(device)
            trial.reset()
            try:
                trial.update(*_drawn(self.task, self.num_classes, takes_probabilities, device))
            except Exception as error:
                reasons.append(next(iter(str(error).splitlines()), type(error).__name__))
            else:
                return takes_probabilities
        signature = ", ".join(inspect.signature(self.metric.update).parameters)
        raise ValueError(
            f"{self.metric_name}.update({signature}) takes neither probabilities nor labels of pixels ({reasons[0]}); "
            f"{_WRAP}"
        )


def _drawn(task: str, num_classes: int, has_probabilities: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return a few pixels in one of the forms, with every class."""
    classes = torch.arange(_PIXELS, device=device) % num_classes
    if task == "multilabel":
        target = (torch.arange(_PIXELS * num_classes, device=device) % 2).view(_PIXELS, num_classes)
        return (target * 0.5 + 0.25 if has_probabilities else target), target
    if not has_probabilities:
        return classes, classes
    sharp = torch.nn.functional.one_hot(classes, num_classes).float() * 0.5 + 0.5 / num_classes
    return (sharp[:, 1] if task == "binary" else sharp), classes


def as_metric(metric: Metric | torchmetrics.Metric) -> Metric:
    """Return what an experiment names as a metric of segcli."""
    return cast(Metric, TorchMetric(metric)) if isinstance(metric, torchmetrics.Metric) else metric
