"""A loss of logits as a criterion: taken apart into what can be added up over batches, and put together again."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from torch import Tensor

from segcli.datasets.mask_targets import TargetFunction, Targets
from segcli.losses.base import Loss
from segcli.losses.batch_mean import BatchMean, summed
from segcli.losses.criterion import Criterion
from segcli.losses.shared_softmax import shared_softmax
from segcli.losses.summed_loss import SummedLoss, Sums
from segcli.prediction import (
    DensePrediction,
    EdgePrediction,
    MaskPrediction,
    PointPrediction,
    Prediction,
    Size,
    mask_at_map,
)
from segcli.sample import Batch


class DenseCriterion(Criterion):
    """The P losses that a loss is made of, one unless it is a weighted sum; for extra predictions the same, weighted.

    Args:
        loss: Any loss; one that has no sums is averaged over batches.
        extra_weights: Of the loss of each extra prediction; one number for all of them. None refuses them.
        at_map: Whether to compare maps at their own stride with the labels at their pixels' centres. Then losses
            compute what follows from the mask themselves, as it is there.

    Raises:
        ValueError: If two losses give one name to different targets.
    """

    def __init__(self, loss: Loss, extra_weights: Sequence[float] | float | None = None, at_map: bool = False) -> None:
        self._loss, self._extra_weights, self._at_map = loss, extra_weights, at_map
        self._stride: tuple[int, int] | None = None
        self._has_points = False
        self._parts = [summed(leaf) for leaf in loss.leaves()]
        self._targets = {} if at_map else _targets_of(self._parts)

    @property
    def names(self) -> Sequence[str]:
        """Names of the losses' classes."""
        return [self._name(part) for part in self._parts]

    @property
    def averages(self) -> Sequence[str]:
        """What the value of each loss for a split is the mean of."""
        at = ", at the stride of the map" if self._at_map else ""
        return [f"{part.averages}{at}" for part in self._parts]

    @property
    def mask_targets(self) -> Mapping[str, TargetFunction]:
        """What the losses ask for, that loaders are to compute of each mask: functions by name."""
        return self._targets

    def batch_sums(self, prediction: Prediction, batch: Batch) -> list[Sums]:
        """Return :meth:`sums` of a batch, with the targets that were computed."""
        return self.sums(prediction, batch["mask"], batch.get("targets"))

    def sums(self, prediction: Prediction, mask: Tensor, targets: Targets | None = None) -> list[Sums]:
        """Map a prediction and a ``(B, H, W)`` or ``(B, K, H, W)`` mask to P sums, and P more of each extra one.

        Args:
            prediction: Of ``B`` images.
            mask: As above.
            targets: Of the whole mask; parts that are not compared with all of it do without.
        """
        every = (prediction, *prediction.extra)
        self._has_points = any(isinstance(each, PointPrediction) for each in every)
        if self._at_map and isinstance(prediction, DensePrediction):
            self._stride = _stride(prediction.size, prediction.map)
        compared = [each.compared_at_map(mask) if self._at_map else each.compared(mask) for each in every]
        with shared_softmax(self._loss.leaves()):
            return [
                _sums(part, logits, seen, targets if seen is mask else None)
                for logits, seen in compared
                for part in self._parts
            ]

    def values(self, sums: Sequence[Sums]) -> list[Tensor]:
        """Map sums, of one batch or of many, to the loss of each part, scalars."""
        parts = self._parts * (len(sums) // len(self._parts))
        return [part.value(each) for part, each in zip(parts, sums, strict=True)]

    def combine(self, values: Sequence[Tensor]) -> Tensor:
        """Map the loss of each part to the whole, a scalar."""
        count = len(self._parts)
        main, *extra = (self._loss.combine(iter(values[i : i + count])) for i in range(0, len(values), count))
        return sum((w * each for w, each in zip(self._weights(len(extra)), extra, strict=True)), start=main)

    def weigh(self, mask: Tensor, channels: int) -> Sequence[Tensor]:
        """Return what a batch weighs in each part, scalars from 0 up; at the stride of the last prediction's map."""
        if self._stride is not None:
            low = tuple(-(-side // step) for side, step in zip(mask.shape[-2:], self._stride, strict=True))
            mask = mask_at_map(mask, (low[0] * self._stride[0], low[1] * self._stride[1]), (low[0], low[1]))
        return [part.weight(mask, channels) for part in self._parts]

    def mismatch(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a prediction is of a kind that cannot be compared, and what to do; empty if it can be."""
        if isinstance(prediction, MaskPrediction):
            return (
                f"{self._name(self._loss)} compares logits of pixels, but the decoder predicts masks of queries, which "
                "have a loss of their own; set model.loss: MaskClassificationLoss"
            )
        if any(isinstance(each, EdgePrediction) for each in (prediction, *prediction.extra)):
            return (
                f"{self._name(self._loss)} compares classes, but EdgeHead predicts edges; put it into model.auxiliary "
                "and set model.loss: {class_path: EdgeLoss, loss: ...}"
            )
        lost = [self._name(leaf) for leaf in self._loss.leaves() if leaf.needs_neighbours]
        if lost and any(isinstance(each, PointPrediction) for each in (prediction, *prediction.extra)):
            return (
                f"{lost[0]} compares neighbouring pixels, but the decoder (PointRend) is trained at single points; "
                "leave one of them out"
            )
        return ""

    def refusal(self, prediction: Prediction, multilabel: bool = False) -> str:
        """Return why a training with such predictions is refused, and what to do; empty if it is not."""
        if mismatch := self.mismatch(prediction, multilabel):
            return mismatch
        given, count = self._extra_weights, len(prediction.extra)
        if given is None and count:
            return (
                "training has extra predictions (of model.auxiliary, or of the decoder itself) and no weight for their "
                f"loss; set model.extra_loss_weight, such as 0.4, or a list of {count}"
            )
        if isinstance(given, Sequence) and len(given) != count:
            return f"model.extra_loss_weight got {len(given)} weights, expected {count}, one for each extra prediction"
        if given is not None and not count:
            return "model.extra_loss_weight got a weight, but the model has no extra predictions; set it to null"
        return ""

    def of_batches(self) -> list[str]:
        """Return the names of parts whose value for a split depends on how it is cut into batches."""
        return [self._name(part) for part in self._parts if isinstance(part, BatchMean)]

    def of_large_batches(self) -> list[str]:
        """Return the names of parts whose accumulated gradients are not those of one large batch.

        Batches weigh as the main prediction is compared; points, and maps of other strides, see other shares of them.
        """
        is_near = self._has_points or (self._at_map and self._extra_weights is not None)
        return [self._name(part) for part in self._parts if is_near or not part.accumulates]

    def _weights(self, count: int) -> Sequence[float]:
        if isinstance(self._extra_weights, Sequence):
            return self._extra_weights[:count]  # an evaluation has none
        return [self._extra_weights or 0.0] * count

    @staticmethod
    def _name(part: Loss) -> str:
        return type(part.loss if isinstance(part, BatchMean) else part).__name__


def _stride(size: Size, low: Tensor) -> tuple[int, int]:
    """Return how many rows and columns of pixels a pixel of a map stands for."""
    height, width = (max(1, round(whole / side)) for whole, side in zip(size, low.shape[-2:], strict=True))
    return height, width


class _Targeted(Protocol):
    def sums(self, logits: Tensor, mask: Tensor, targets: Targets | None) -> Sums: ...


def _sums(part: SummedLoss, logits: Tensor, mask: Tensor, targets: Targets | None) -> Sums:
    return cast(_Targeted, part).sums(logits, mask, targets) if part.mask_targets else part.sums(logits, mask)


def _targets_of(parts: Sequence[SummedLoss]) -> dict[str, TargetFunction]:
    found: dict[str, TargetFunction] = {}
    for part in parts:
        for name, function in part.mask_targets.items():
            if found.setdefault(name, function) != function:
                raise ValueError(
                    f"{type(part).__name__} got '{name}' among its mask_targets, which another loss has with another "
                    "function; rename one."
                )
    return found


def criterion_of(
    loss: Loss | Criterion, extra_weights: Sequence[float] | float | None = None, at_map: bool = False
) -> Criterion:
    """Return what compares predictions for a loss: itself, if it takes whole predictions.

    Args:
        loss: ``model.loss`` of an experiment.
        extra_weights: See :class:`DenseCriterion`.
        at_map: See :class:`DenseCriterion`.

    Raises:
        ValueError: If the loss weighs extra predictions by itself, and there are weights for them, or has no map.
    """
    if not isinstance(loss, Criterion):
        return DenseCriterion(loss, extra_weights, at_map)
    if at_map:
        raise ValueError(f"model.loss_at got 'map', but {type(loss).__name__} compares no maps; set it to null.")
    if extra_weights is not None:
        raise ValueError(
            f"model.extra_loss_weight got {extra_weights}, but {type(loss).__name__} weighs extra predictions by "
            "itself; set it to null."
        )
    return loss
