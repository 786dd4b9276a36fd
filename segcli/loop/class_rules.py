"""Class weights that follow from the training split, computed once before a training."""

import sys
from collections.abc import Sequence

import pytorch_lightning as pl
from torch import nn

from segcli.config.output import say
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.class_counts import ClassCounts
from segcli.losses.base import Loss
from segcli.losses.class_weights import ClassWeights
from segcli.sample import DataError


def reserve_class_weights(loss: object, classes: int) -> None:
    """Give the weights of a loss that are not known yet their place, which averages of the model copy."""
    for weights in class_rules(loss):
        weights.reserve(classes)


def fit_class_weights(loss: object, trainer: pl.Trainer, known: ClassCounts | None = None) -> ClassCounts | None:
    """Count the classes of the training split on one device, and let a loss compute its weights from them on all.

    Args:
        loss: One that has no weights to compute is left alone, and nothing is counted.
        trainer: Its datamodule has prepared the splits of a training.
        known: What a run that is resumed was begun with; None counts.

    Returns:
        What the weights follow from; None where there are none.

    Raises:
        DataError: If a mask is at fault, or a class does not occur in the split.
    """
    rules = class_rules(loss)
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
    if not rules or not isinstance(data, SegmentationDataModule):
        return None
    found = known or trainer.strategy.broadcast(_counts(data) if trainer.is_global_zero else None)
    if isinstance(found, DataError):
        raise found
    assert found is not None
    try:
        for each in losses_in(loss):
            each.fit_to(found)
    except ValueError as error:
        raise DataError(f"{type(loss).__name__}: {error}") from None
    if trainer.is_global_zero:
        for line in dict.fromkeys(filter(None, (each.note() for each in rules))):
            say(f"note: {line}", file=sys.stderr)
    return found


def class_rules(loss: object) -> list[ClassWeights]:
    """Return the class weights of a loss, or of those in a criterion, that follow from the training split by a rule."""
    return [weights for each in losses_in(loss) for weights in each.class_rules()]


def found_weights(loss: object, classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the weights of every class that were computed, by rule and class."""
    return {
        str(weights.rule): dict(zip(classes, (round(value, 6) for value in weights.values.tolist()), strict=True))
        for weights in class_rules(loss)
        if weights.values is not None
    }


def losses_in(loss: object) -> list[Loss]:
    """Return a loss itself, or, of a criterion, those that it is made of."""
    if isinstance(loss, Loss):
        return [loss]
    return [each for each in loss.children() if isinstance(each, Loss)] if isinstance(loss, nn.Module) else []


def _counts(data: SegmentationDataModule) -> ClassCounts | DataError:
    """Return the counts, or the error, which all devices must come to know."""
    try:
        return data.class_counts()
    except DataError as error:
        return error
