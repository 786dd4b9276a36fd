"""Statistics of a split in words and cells, for the terminal and for the page. Free of torch."""

from segcli.comparison.figures import MISSING, plural
from segcli.inspection.statistics import ClassStatistics, SplitStatistics

COLUMNS = ("class", "share", "pixels", "images", "objects", "median px", "5 to 95 % px")
"""Heads of the columns of :func:`class_row`."""
_MOST_SIZES = 3


def about_split(split: SplitStatistics) -> list[str]:
    """Return what is to be said of a split beside its classes: number and sizes of images, channels."""
    sizes = [f"{width} x {height}" for height, width in split.sizes]
    shown = ", ".join(sizes[:_MOST_SIZES]) + (
        f" and {len(sizes) - _MOST_SIZES} more" if len(sizes) > _MOST_SIZES else ""
    )
    mean, std = (" ".join(f"{value:.3f}" for value in values) for values in (split.mean, split.std))
    return [
        f"{split.split}: {plural(split.images, 'image')} of {shown} px, {split.ignored:.1%} of the pixels ignored",
        f"channels from 0 to 1: mean {mean}, standard deviation {std}",
    ]


def class_row(one: ClassStatistics) -> tuple[str, ...]:
    """Return what is to be said of a class, in the order of :data:`COLUMNS`."""
    share = MISSING if one.share is None else f"{one.share:.2%}"
    start = (one.name, share, f"{one.pixels:,}", f"{one.images:,}")
    if one.objects is None:
        return (*start, "0", MISSING, MISSING)
    sizes = one.objects
    return (*start, f"{sizes.count:,}", f"{sizes.median:,.0f}", f"{sizes.low:,.0f} to {sizes.high:,.0f}")
