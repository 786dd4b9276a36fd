"""What an evaluation leaves in a run folder: scores, and what follows from each image."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.callbacks.image_records import image_counts, image_groups, image_names
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.disk import write_text
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.metrics.scores import Scores
from segcli.runs.class_scores import group_scores
from segcli.runs.image_scores import ImageScores, image_scores_file


def write_scores(
    folder: Path,
    stage: str,
    evaluation: LabelEvaluation,
    scores: Scores,
    data: SegmentationDataModule,
    origin: Mapping[str, Any],
) -> dict[str, dict[str, Any]]:
    """Write the counts of every image, then the scores, which say that the others are there.

    Args:
        folder: Of the run.
        stage: ``val`` or ``test``.
        evaluation: What counted.
        scores: Of it.
        data: The images.
        origin: What the scores are of: the ``epoch``, from 1, None where there was none, and more.

    Returns:
        Scores of every group of images by its name; empty where no images share a group.
    """
    names, epoch = image_names(data, stage), origin["epoch"]
    counts = image_counts(evaluation, names, epoch, *image_groups(data, stage))
    counts.write(folder / f"{stage}_images.npz")
    by_group = group_scores(counts)
    if evaluation.metrics.images:
        images = ImageScores.of(evaluation.metrics.images, names, epoch)
        images.write(folder / image_scores_file(stage))
        groups = dict(zip(counts.ids, counts.groups, strict=True)) if by_group else {}
        for group, values in images.by_group(evaluation.metrics.grouped, groups).items():
            by_group[group] |= {name: _or_null(value) for name, value in values.items()}
    record = {
        "stage": stage,
        **origin,
        **({"groups": by_group} if by_group else {}),
        **score_record(tuple(data.classes), scores),
    }
    write_text(folder / f"{stage}_scores.json", json.dumps(record, indent=2) + "\n")
    return by_group


def score_record(classes: tuple[str, ...], scores: Scores) -> dict[str, object]:
    """Return scores as plain values; classes that neither truth nor prediction holds have null."""
    record: dict[str, object] = {}
    by_class: dict[str, dict[str, object]] = {name: {} for name in classes}
    for spec, values in scores.measured():
        if not spec.per_class:
            record[spec.name] = _or_null(float(values))
            continue
        for name, value in zip(classes, values.tolist(), strict=True):
            by_class[name][spec.name] = _or_null(value)
    for name, pixels in zip(classes, scores.pixels.tolist(), strict=True):
        by_class[name]["pixels"] = pixels
    return {**record, "classes": by_class}


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
