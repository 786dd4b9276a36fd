"""What the scores of a run mean, in words that are kept with them."""

from collections.abc import Sequence

from segcli.sample import IGNORE_INDEX

VERSION = 1
"""To be raised whenever a score of the same prediction changes."""


def definitions(task: str, classes: Sequence[str]) -> dict[str, object]:
    """Return how the scores of a task are counted; runs whose definitions differ cannot be compared.

    Args:
        task: ``multiclass``, ``binary`` or ``multilabel``.
        classes: Names, in the order of their indices.
    """
    means = "over the classes that truth or prediction of the whole data set hold"
    accuracy = "pairs of pixel and class" if task == "multilabel" else "pixels"
    return {
        "version": VERSION,
        "task": task,
        "classes": list(classes),
        "ignored": f"pixels whose truth is {IGNORE_INDEX}",
        "counts": "summed over all images of the split, at the size that they have after data.val_transforms",
        "IoU": "right / (truth + predicted - right) of a class",
        "Dice": "2 right / (truth + predicted) of a class",
        "mIoU": f"mean of IoU {means}",
        "mDice": f"mean of Dice {means}",
        "pixel_accuracy": f"share of {accuracy} that are right",
    }
