"""Rank the images of a folder that are worth labelling."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segcli.datasets.data_progress import DataProgress
from segcli.inference.prediction_files import prediction_names
from segcli.sample import DataError
from segcli.suggest.labelled import MOST_CENTRES, Labelled, centres
from segcli.suggest.measure import Measured, Measurer, Skipped
from segcli.suggest.output_names import EXTENSION, MASKS
from segcli.suggest.pool import Pool, find_pool
from segcli.suggest.spread import choose
from segcli.suggest.suggestions import Suggestion, Suggestions
from segcli.suggest.uncertainty import Measure


def suggest(folder: Path, number: int, measurer: Measurer, labelled: Labelled, by: Measure = "entropy") -> Suggestions:
    """Choose images that a model is unsure of, unlike each other and those that are labelled.

    Args:
        folder: Of the images.
        number: How many to choose; all if there are fewer.
        measurer: The model.
        labelled: What is labelled already.
        by: What ``measurer`` measures uncertainty by.

    Raises:
        DataError: If no image is left to choose from.
    """
    pool = find_pool(folder, labelled.images, labelled.masks)
    known = None
    if pool.files and labelled.train is not None:
        with DataProgress(min(len(labelled.train), MOST_CENTRES), "looking at labelled images") as progress:
            known = centres(labelled.train, measurer.features, progress.advance)
    measured, skipped = list[Measured](), list(pool.skipped)
    with DataProgress(len(pool.files), "looking at images") as progress:
        for each in measurer.measured(pool.files, progress.advance):
            skipped.append(each) if isinstance(each, Skipped) else measured.append(each)
    if not measured:
        raise DataError(_nothing(pool, skipped))
    features = [each.features for each in measured]
    choices = choose([each.uncertainty for each in measured], np.stack(features), number, known)
    files = [measured[choice.position].file for choice in choices]
    names = prediction_names([str(file) for file in files])
    multilabel = measurer.predictor.kind.multilabel
    chosen = [
        Suggestion(
            rank,
            file,
            "" if multilabel else f"{MASKS}/{names[str(file)]}{EXTENSION}",
            measured[choice.position].uncertainty,
            choice.distance,
        )
        for rank, (choice, file) in enumerate(zip(choices, files, strict=True), start=1)
    ]
    reduced = sum(each.is_reduced for each in measured)
    return Suggestions(
        tuple(chosen),
        pool,
        by,
        len(measured),
        reduced,
        0 if known is None else len(known),
        labelled.absence,
        tuple(skipped),
    )


def _nothing(pool: Pool, skipped: Sequence[Skipped]) -> str:
    if skipped:
        return f"{pool.folder} has no image that can be read: {skipped[0].file} is skipped, {skipped[0].reason}"
    return (
        f"{pool.folder} has no image that is not labelled: all {len(pool.labelled)} are in the data of the checkpoint."
    )
