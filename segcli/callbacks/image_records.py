"""From what the task counted to what a run folder keeps of every image."""

from collections.abc import Mapping

import numpy as np

from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.runs.image_counts import ImageCounts


def image_names(data: SegmentationDataModule | None, stage: str) -> dict[str, str]:
    """Return the name of every image below the folder of the data, by its path."""
    dataset = None if data is None else data.datasets.get("val" if stage == "val" else "test")
    return {} if dataset is None else dict(zip(dataset.paths(), dataset.ids(), strict=True))


def image_groups(data: SegmentationDataModule | None, stage: str) -> tuple[str, dict[str, str]]:
    """Return the pattern of groups, and the group of every image by its path; nothing where there are none."""
    split: Split = "val" if stage == "val" else "test"
    found = data.groups(split) if data is not None and split in data.datasets else None
    if data is None or found is None:
        return "", {}
    pattern, groups = found
    return pattern, dict(zip(data.datasets[split].paths(), groups, strict=True))


def image_counts(
    evaluation: LabelEvaluation,
    names: Mapping[str, str],
    epoch: int | None,
    pattern: str = "",
    groups: Mapping[str, str] | None = None,
) -> ImageCounts:
    """Return the counts of the last evaluation, in the order of the images' names however many devices counted.

    Args:
        evaluation: What counted.
        names: Name of every image by its path.
        epoch: Training epoch, from 1; None where there was none.
        pattern: Of the groups.
        groups: Group of every image by its path.
    """
    paths, places, counts = evaluation.images
    named = [names.get(path, path) for path in paths]
    order = sorted(range(len(named)), key=named.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    image = rank[places[:, 0]]
    cells = np.lexsort((places[:, 1], image))
    sorted_image, cell = (part[cells].astype(np.uint32) for part in (image, places[:, 1]))
    group_names = tuple(groups[paths[i]] for i in order) if groups else ()
    ids = tuple(named[i] for i in order)
    return ImageCounts(ids, evaluation.shape, sorted_image, cell, counts[cells], epoch or 0, group_names, pattern)
