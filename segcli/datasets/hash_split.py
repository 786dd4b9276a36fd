"""Random choices among named things that hardly change when more of them arrive."""

from collections import deque
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def hash_split(
    items: Sequence[T], names: Sequence[str], fractions: Sequence[float], seed: int = 0
) -> tuple[list[list[T]], list[T]]:
    """Split items by the ranks of their names' hashes, so that the parts have their exact sizes.

    The first part takes the first ranks, the second the next, and so on. One more item moves at most one other item
    across each border between parts, since it shifts ranks by at most one; a split by a threshold of the hash would
    move none, but leave small parts empty. Items of one name, the frames of a clip, stay together: a part takes whole
    names as long as that brings it closer to its size.

    Args:
        items: What to split; the order within each part is kept.
        names: Name of every item.
        fractions: Share of every part, 0 to 1, with a sum below 1. A part gets its share of the items, rounded, and at
            least one name. With too few names for that, the rest comes first, then the last part.
        seed: Another seed gives another split.

    Returns:
        The parts, and the rest.

    Raises:
        ValueError: If the fractions are negative, or leave nothing for the rest.
    """
    if min(fractions, default=0) < 0 or sum(fractions) >= 1:
        raise ValueError(
            f"a split got fractions {list(fractions)}, expected each >= 0 and a sum < 1; lower one until images remain "
            "to train with."
        )
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        members.setdefault(name, []).append(position)
    unique = list(members)
    queue, parts = deque(members[unique[rank]] for rank in _order(unique, seed)), []
    for number, fraction in enumerate(fractions):
        reserved = 1 + sum(later > 0 for later in fractions[number + 1 :])
        wanted = max(1, round(fraction * len(items))) if fraction else 0
        taken: list[int] = []
        while len(queue) > reserved and wanted and _is_closer(len(taken), len(queue[0]), wanted):
            taken += queue.popleft()
        parts.append([items[i] for i in sorted(taken)])
    return parts, [items[i] for i in sorted(position for group in queue for position in group)]


def _is_closer(size: int, more: int, wanted: int) -> bool:
    """Return whether a part comes closer to its size with some items more; an empty one takes what there is."""
    return not size or abs(size + more - wanted) < abs(size - wanted)


def hash_limit(items: Sequence[T], names: Sequence[str], limit: int | None, seed: int = 0) -> list[T]:
    """Choose the ``limit`` items whose names' hashes rank first; a smaller limit gives a subset.

    Args:
        items: What to choose from; their order is kept.
        names: Unique name of every item.
        limit: Most items, None for all.
        seed: Another seed gives another choice.

    Raises:
        ValueError: If ``limit`` is below 1.
    """
    if limit is None:
        return list(items)
    if limit < 1:
        raise ValueError(f"limit got {limit}, expected at least 1, or null for all images.")
    return [items[i] for i in sorted(_order(names, seed)[:limit])]


def _order(names: Sequence[str], seed: int) -> list[int]:
    hashed = [(blake2b(f"{seed}/{name}".encode()).digest(), name, place) for place, name in enumerate(names)]
    return [place for *_, place in sorted(hashed)]
