"""Scores of a data set from its confusion matrix.

Intersection over union and Dice are taken over the whole data set, per class, and averaged over the classes that
occur: not per image, and not over pixels of all classes at once, two other things that go by the same names.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from segcli.score_spec import OTHERS, SCORES, LoggedScore, ScoreSpec


class Scores(NamedTuple):
    """What a confusion matrix says; NaN where there is nothing to say it about.

    Attributes:
        iou: ``(K,)`` float64, intersection over union, 0 to 1; NaN for classes in neither truth nor prediction.
        dice: ``(K,)`` float64, 2 intersection / (truth + prediction), 0 to 1; NaN as for ``iou``.
        pixels: ``(K,)`` int64, truth pixels of each class.
        mean_iou: Scalar, over the classes that occur.
        mean_dice: Scalar, over the classes that occur.
        pixel_accuracy: Scalar, share of pixels that are right; of (pixel, class) pairs where a pixel may have several.
        others: Scores of the metrics that the experiment names, each with its value: a scalar or, of one per class,
            ``(K,)`` float64, NaN for classes that have none.
    """

    iou: Tensor
    dice: Tensor
    pixels: Tensor
    mean_iou: Tensor
    mean_dice: Tensor
    pixel_accuracy: Tensor
    others: tuple[tuple[ScoreSpec, Tensor], ...] = ()

    @classmethod
    def of(cls, matrix: Tensor) -> "Scores":
        """Score a ``(K, K)`` integer matrix whose rows are the truth and whose columns are the prediction."""
        right, truth, predicted = matrix.diagonal().double(), matrix.sum(dim=1), matrix.sum(dim=0)
        return cls._of(right, truth, predicted, right.sum() / truth.sum())

    @classmethod
    def of_labels(cls, counts: Tensor) -> "Scores":
        """Score ``(K, 2, 2)`` integer counts, for each class of (no, yes) in truth and, last, in prediction."""
        right, truth, predicted = counts[:, 1, 1].double(), counts[:, 1].sum(dim=1), counts[:, :, 1].sum(dim=1)
        agreed = counts.diagonal(dim1=1, dim2=2).sum().double()
        return cls._of(right, truth, predicted, agreed / counts.sum())

    def state(self) -> dict[str, Any]:
        """Return what :meth:`of_state` makes the same of, as a checkpoint may hold it."""
        own = {name: part.cpu() for name, part in self._asdict().items() if name != OTHERS}
        return {**own, OTHERS: [(vars(spec), value.cpu()) for spec, value in self.others]}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> "Scores":
        """Return scores that a checkpoint holds; what a version had as a field and this has not is left out."""
        own = {name: part for name, part in state.items() if name in cls._fields and name != OTHERS}
        others = [(ScoreSpec(**spec), value) for spec, value in state.get(OTHERS, ())]
        return cls(**own, others=tuple(others))

    def measured(self) -> Iterator[tuple[ScoreSpec, Tensor]]:
        """Yield every score that was measured, with its value or, of one per class, its ``(K,)`` values."""
        yield from self.from_counts()
        yield from self.others

    def from_counts(self) -> Iterator[tuple[ScoreSpec, Tensor]]:
        """Yield those that every run has."""
        for spec in SCORES.values():
            if spec.from_counts:
                yield spec, getattr(self, spec.attribute)

    def named(self, stage: str, classes: Sequence[str]) -> Iterator[tuple[LoggedScore, float]]:
        """Yield every value with its name in logs; NaN for a class that is absent.

        Args:
            stage: ``val`` or ``test``.
            classes: K names.
        """
        for spec, values in self.measured():
            if spec.per_class:
                for name, value in zip(classes, values.tolist(), strict=True):
                    yield LoggedScore(stage, spec, name), value
            else:
                yield LoggedScore(stage, spec), float(values)

    @classmethod
    def _of(cls, right: Tensor, truth: Tensor, predicted: Tensor, accuracy: Tensor) -> "Scores":
        iou = right / (truth + predicted - right)  # 0/0 is NaN: the class occurs nowhere
        dice = 2 * right / (truth + predicted)
        return cls(iou, dice, truth, iou.nanmean(), dice.nanmean(), accuracy)
