"""The variance of scores that comes from the choice of images: the jackknife over units.

Every unit of images (:mod:`segcli.comparison.units`) is left out once. With G units whose absence changes a score by
d_g,

    V = (G - 1) / G  sum d_g²

which is the bootstrap's variance without its random numbers (Efron 1979, section 5; centred at the score itself, as
cluster-robust "CR3" variances are). Of few and unequal groups it is the variance that tests keep their level with
(MacKinnon, Nielsen and Webb 2023, "Cluster-robust inference: a guide to empirical practice"); the bootstrap of 4 groups
has 35 distinct resamples, of which many lack a class. A class that lies in one unit alone has no value without it, and
does not change.

Blocks of L consecutive frames overlap: V_L is the sum over all N blocks divided by L. It lacks what joins frames of
neighbouring blocks, which shrinks as 1 / L, so that

    V = (L V_L - h V_h) / (L - h),  h = L / 2

lacks it no more; in terms of autocovariances that is the flat-top window of Politis and Romano (1995). It is never
taken below V_L. Groups are not left out then: V is about more frames of the same groups.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from segcli.comparison.block_length import block_lengths
from segcli.comparison.units import Units, effective_number

Floats = NDArray[np.float64]
Lengths = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Images:
    """What the images of a run do to S quantities of it.

    Attributes:
        name: What identifies the images: runs with the same were measured on the same.
        rows: ``(N, C)`` what is counted of every image.
        units: What of them is drawn at once.
        shares: ``(N, S)`` what part of each quantity's pixels lies in each image; columns sum to 1.
        score: Maps ``(U, C)`` sums of what is left out to ``(U, S)`` quantities without it.
        values: ``(S,)`` quantities of all images.
    """

    name: str
    rows: Floats = field(repr=False)
    units: Units
    shares: Floats = field(repr=False)
    score: Callable[[Floats], Floats]
    values: Floats
    _known: dict[int, Floats] = field(default_factory=dict, init=False, repr=False)

    def changes(self, length: int = 1) -> Floats:
        """Return ``(U, S)`` the change of each quantity when a unit is left out.

        Args:
            length: Images of a block, where units are blocks.
        """
        if length not in self._known:
            self._known[length] = self.score(self.units.sums(self.rows, length)) - self.values
        return self._known[length]


def chosen_lengths(images: Sequence[Images], weights: Floats) -> Lengths:
    """Return ``(S,)`` lengths of blocks for a weighted sum of runs; 1 where units are no blocks.

    Args:
        images: Of R runs.
        weights: ``(R,)``.
    """
    size = images[0].shares.shape[1]
    found = np.ones(size, np.int64)
    for members in _by_set(images):
        units = images[members[0]].units
        if units.kind == "blocks":
            series = sum(weights[at] * images[at].changes() for at in members)
            found = np.maximum(found, block_lengths(np.nan_to_num(np.asarray(series)), units.ordered))
    return found


def variances(images: Sequence[Images], contrasts: Floats, lengths: Lengths, joins: bool = True) -> Floats:
    """Return the variances of weighted sums of runs that come from the choice of images.

    Args:
        images: Of R runs; those of another name are independent.
        contrasts: ``(M, R)`` weights of M sums.
        lengths: ``(S,)`` of blocks.
        joins: Whether what joins the frames of neighbouring blocks is added.

    Returns:
        ``(M, S)``.
    """
    total = np.zeros((len(contrasts), len(lengths)))
    for members in _by_set(images):
        for length in np.unique(lengths):
            columns = lengths == length
            group = [images[at] for at in members]
            total[:, columns] += _of_set(group, contrasts[:, members], int(length), joins)[:, columns]
    return total


def numbers(images: Sequence[Images], lengths: Lengths) -> tuple[Floats, Floats]:
    """Return ``(S,)`` effective numbers of units, and the degrees of freedom of their variance.

    Args:
        images: Of all runs that are compared.
        lengths: ``(S,)`` of blocks.
    """
    number = freedom = np.full(len(lengths), np.inf)
    for members in _by_set(images):
        units, shares = images[members[0]].units, np.mean([images[at].shares for at in members], axis=0)
        of_set = np.zeros(len(lengths))
        for length in np.unique(lengths):
            columns = lengths == length
            overlap = length if units.kind == "blocks" else 1
            of_set[columns] = effective_number(units.sums(shares[:, columns], int(length))) / overlap
        lost = units.num_groups if units.kind == "blocks" else 1
        number, freedom = np.minimum(number, of_set), np.minimum(freedom, of_set - lost)
    return number, freedom


def _of_set(images: Sequence[Images], contrasts: Floats, length: int, joins: bool) -> Floats:
    units = images[0].units
    if units.kind != "blocks":
        count = len(images[0].changes())
        return _squares(images, contrasts, 1) * (count - 1) / max(count, 1)
    number = len(images[0].rows)
    half = length // 2
    whole = _block_variance(images, contrasts, length)
    if half and joins:
        parts = _block_variance(images, contrasts, half)
        whole = np.maximum(whole, (length * whole - half * parts) / (length - half))
    blocks = number / length
    return whole * blocks / max(blocks - 1, 1e-9)


def _block_variance(images: Sequence[Images], contrasts: Floats, length: int) -> Floats:
    left = 1 - length / len(images[0].rows)  # leaving out a block makes its change larger by 1 / left
    return _squares(images, contrasts, length) * left**2 / length


def _squares(images: Sequence[Images], contrasts: Floats, length: int) -> Floats:
    """Return ``(M, S)`` sums of squared changes over the units; of blocks, around the mean of their group."""
    changes = np.stack([one.changes(length) for one in images])
    units = images[0].units
    if units.kind == "blocks":
        for group in range(units.num_groups):
            inside = units.ordered == group
            changes[:, inside] -= changes[:, inside].mean(axis=1, keepdims=True)
    return np.asarray((np.tensordot(contrasts, changes, axes=1) ** 2).sum(axis=1))


def _by_set(images: Sequence[Images]) -> list[list[int]]:
    """Return the positions of the runs that were measured on the same images."""
    found: dict[str, list[int]] = {}
    for position, one in enumerate(images):
        found.setdefault(one.name, []).append(position)
    return list(found.values())
