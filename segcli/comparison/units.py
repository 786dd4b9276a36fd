"""What of the images counts as drawn at once: single images, their groups, or blocks of consecutive frames.

Frames of one drive are like each other, so a thousand of them tell less than a thousand images. Where images have
groups, the groups were drawn, not the images. One group, or hardly more, tells nothing of others; then blocks of
consecutive images within it stand for it, as long as scores of neighbours are alike (Künsch 1989, "The jackknife and
the bootstrap for general stationary observations").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Kind = Literal["images", "groups", "blocks"]
FEWEST_GROUPS = 4
"""Groups below which blocks within them are drawn: of 3 the variance has 2 degrees of freedom."""
FEWEST_EQUAL_GROUPS = 3.0
"""The same where groups are of unequal sizes: as many groups of equal size tell as much."""


@dataclass(frozen=True, eq=False)
class Units:
    """How N images fall into units.

    Attributes:
        kind: Whether a unit is an image, a group or a block of consecutive images of one group.
        labels: ``(N,)`` number of the group of each image, 0 to G - 1.
        order: ``(N,)`` positions of the images, group by group, in each by the numbers in their names.
    """

    kind: Kind
    labels: Integers
    order: Integers

    @classmethod
    def of(cls, ids: Sequence[str], groups: Sequence[str] = ()) -> "Units":
        """Find the units of images.

        Args:
            ids: Names of the N images.
            groups: Group of each; empty for each by itself.
        """
        numbers = {name: number for number, name in enumerate(dict.fromkeys(groups or ids))}
        labels = np.array([numbers[name] for name in groups or ids], np.int64)
        order = np.array(sorted(range(len(ids)), key=lambda at: (labels[at], natural(ids[at]))), np.int64)
        sizes = np.bincount(labels).astype(np.float64)
        kind: Kind = "groups"
        if len(numbers) == len(ids):
            kind = "images"
        elif len(numbers) < FEWEST_GROUPS or effective_number(sizes[:, None])[0] < FEWEST_EQUAL_GROUPS:
            kind = "blocks"
        return cls(kind, labels, order)

    @cached_property
    def num_groups(self) -> int:
        """G."""
        return int(self.labels.max()) + 1 if len(self.labels) else 0

    @cached_property
    def ordered(self) -> Integers:
        """Return ``(N,)`` numbers of the groups in :attr:`order`: they rise."""
        return self.labels[self.order]

    def sums(self, rows: Floats, length: int = 1) -> Floats:
        """Add up the rows of every unit.

        Args:
            rows: ``(N, C)``, one per image.
            length: Images of a block; the last images of a group are followed by its first.

        Returns:
            ``(U, C)``: a row per image, per group, or per block; a block begins at every image.
        """
        if self.kind == "images":
            return rows
        if self.kind == "groups":
            found = np.zeros((self.num_groups, rows.shape[1]))
            np.add.at(found, self.labels, rows)
            return found
        sorted_rows, ends = rows[self.order], np.flatnonzero(np.diff(self.ordered)) + 1
        return np.concatenate([_blocks(part, length) for part in np.split(sorted_rows, ends)])


def _blocks(rows: Floats, length: int) -> Floats:
    """Return the sums of the blocks that begin at each row, around the end."""
    length = min(length, len(rows))
    around = np.concatenate((rows, rows[: length - 1]))
    total = np.concatenate((np.zeros((1, rows.shape[1])), np.cumsum(around, axis=0)))
    return np.asarray(total[length:] - total[:-length])


def effective_number(weights: Floats) -> Floats:
    """Return how many units of equal weight tell as much as units of different weights do.

    It is ``(sum w)² / sum w²`` (Kish 1965, "Survey sampling"): a class whose pixels lie in few images was seen in few.

    Args:
        weights: ``(U, C)``: what each unit adds to each of C scores.

    Returns:
        ``(C,)``, 1 to U; 0 where no unit has any.
    """
    total, squares = weights.sum(axis=0), (weights**2).sum(axis=0)
    return np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1.0), 0.0)


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that sorts names by the numbers in them: frame_9 before frame_10."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)
