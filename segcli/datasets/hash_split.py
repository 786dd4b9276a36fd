"""Random choices among named things that do not change when more of them arrive."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def hash_split(
    items: Sequence[T], names: Sequence[str], fractions: Sequence[float], seed: int = 0
) -> tuple[list[list[T]], list[T]]:
    """Split items by hashes of their names: an item never changes sides when others are added or removed.

    The price is that a part has its fraction only on average. With very few items, a part that would be empty gets the
    item closest to it, and the rest keeps at least one.

    Args:
        items: What to split; the order within each part is kept.
        names: Unique name of every item.
        fractions: Share of every part, 0 to 1, with a sum below 1.
        seed: Another seed gives another split.

    Returns:
        The parts, and the rest.

    Raises:
        ValueError: If the fractions are negative, or leave nothing for the rest.
    """
    if min(fractions, default=0) < 0 or sum(fractions) >= 1:
        raise ValueError(f"a split got fractions {list(fractions)}, expected each >= 0 and a sum < 1.")
    ranks = [_uniform(f"{seed}/split/{name}") for name in names]
    parts: list[set[int]] = []
    rest, low = set(range(len(items))), 0.0
    for fraction in fractions:
        high = low + fraction
        chosen = {i for i in rest if low <= ranks[i] < high}
        if fraction and not chosen and len(rest) > 1:
            chosen = {min(rest, key=lambda i: (abs(ranks[i] - high), i))}
        if chosen == rest:
            chosen = chosen - {max(rest, key=lambda i: (ranks[i], i))}
        rest -= chosen
        parts.append(chosen)
        low = high
    return [[items[i] for i in sorted(chosen)] for chosen in parts], [items[i] for i in sorted(rest)]


def hash_limit(items: Sequence[T], names: Sequence[str], limit: int | None, seed: int = 0) -> list[T]:
    """Choose at most ``limit`` items by hashes of their names; a smaller limit gives a subset.

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
    order = sorted(range(len(items)), key=lambda i: _uniform(f"{seed}/limit/{names[i]}"))
    return [items[i] for i in sorted(order[:limit])]


def _uniform(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48
