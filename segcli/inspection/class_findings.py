"""Findings about classes: absent ones, one that is nearly everything, and weights that would even them out."""

from collections.abc import Iterator, Sequence

import numpy as np

from segcli.datasets.class_counts import ClassCounts
from segcli.inspection.finding import Finding
from segcli.inspection.scan import Scan
from segcli.losses.class_balance import class_balance

_MOST = 0.99
"""Share of a class above which a model that says nothing else looks good."""
_SKEWED = 10.0
"""Pixels of the most frequent class by those of the rarest, from which weights are worth a thought."""


def class_counts(scan: Scan, classes: Sequence[str]) -> ClassCounts | None:
    """Return the pixels of every class in the masks of a split that could be read; None if none could.

    Args:
        scan: The split.
        classes: Their names.
    """
    found = [image.counts for image in scan.images if image.counts is not None]
    return ClassCounts.of(np.stack(found), classes) if found else None


def classes_of_splits(scans: Sequence[Scan], classes: Sequence[str], multilabel: bool) -> Iterator[Finding]:
    """Yield classes that are absent or nearly everything, and weights where classes are rare.

    Args:
        scans: The splits.
        classes: Names of the classes.
        multilabel: Whether a pixel may be of several.
    """
    for scan in scans:
        counts = class_counts(scan, classes)
        if counts is None:
            continue
        yield from _absent(scan.split, counts)
        if not multilabel:
            yield from _dominant(scan.split, counts)
        if scan.split == "train":
            yield from _skewed(counts)


def _absent(split: str, counts: ClassCounts) -> Iterator[Finding]:
    names = [name for name, pixels in zip(counts.classes, counts.pixels, strict=True) if not pixels]
    if not names:
        return
    listed = ", ".join(names)
    if split == "train":
        advice = "no model learns it: correct the split, data.classes or data.mask_values"
        yield Finding("error", "class-absent-from-train", f"train has no pixel of {listed}", advice)
    else:
        advice = "its score is undefined there, and means of classes leave it out: choose another split"
        yield Finding("warning", f"class-absent-from-{split}", f"{split} has no pixel of {listed}", advice)


def _dominant(split: str, counts: ClassCounts) -> Iterator[Finding]:
    for name, pixels, seen in zip(counts.classes, counts.pixels, counts.seen, strict=True):
        if seen and pixels / seen > _MOST:
            message = f"{pixels / seen:.1%} of the pixels of {split} are {name}"
            advice = (
                "judge by IoU and not by accuracy, and weigh classes: model.loss.class_weights, DiceLoss, or FocalLoss"
            )
            yield Finding("warning", "one-class", message, advice)


def _skewed(counts: ClassCounts) -> Iterator[Finding]:
    if not all(counts.pixels):
        return
    shares = [pixels / seen for pixels, seen in zip(counts.pixels, counts.seen, strict=True)]
    most, least = int(np.argmax(shares)), int(np.argmin(shares))
    if shares[most] < _SKEWED * shares[least]:
        return
    weights = class_balance(counts, "enet")
    message = (
        f"classes of train are uneven: {counts.classes[most]} {shares[most]:.1%} of the pixels, "
        f"{counts.classes[least]} {shares[least]:.2%}"
    )
    advice = (
        "model.loss.class_weights: enet would weigh them from "
        f"{min(weights):.2f} ({counts.classes[int(np.argmin(weights))]}) to "
        f"{max(weights):.2f} ({counts.classes[int(np.argmax(weights))]})"
    )
    yield Finding("note", "uneven-classes", message, advice)
