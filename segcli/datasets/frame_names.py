"""Whether images look like the frames of videos by their names. Torch-free."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import PurePosixPath

_FEWEST = 10
"""Images below which numbers in names tell nothing."""
_SHARE = 0.8
"""Of the images, that have to be numbered."""
_FRAMES = 3
"""Images that a sequence has to have on average."""
_REGULAR, _DENSE = 0.5, 0.1
"""Share of steps that are the most common one, or of the numbers in a sequence's range that there are."""


@dataclass(frozen=True)
class Sequences:
    """What the names of images look like.

    Attributes:
        names: What the names of each sequence begin with, the longest sequence first.
        pattern: A pattern of groups that would take these for groups.
        frames: Position among the images, and number, of every frame of each sequence, in the order of the names.
    """

    names: tuple[str, ...]
    pattern: str
    frames: tuple[tuple[tuple[int, int], ...], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        number = "one sequence" if len(self.names) == 1 else f"{len(self.names)} sequences"
        named = [name for name in self.names[:2] if name]
        return number + (f" ({', '.join(f'{name}…' for name in named)})" if named else "")


def frame_sequences(names: Sequence[str]) -> Sequences | None:
    """Return the sequences that images look like frames of; None if they do not.

    They do if most names end in a number and few beginnings are left without it, with numbers that mostly rise by one
    step, or leave few out.

    Args:
        names: Paths with slashes, with or without suffix.
    """
    stems = [PurePosixPath(name).with_suffix("").as_posix() for name in names]
    ends = zip(*(reversed(stem) for stem in stems), strict=False)
    same = "".join(each[0] for each in takewhile(lambda each: len(set(each)) == 1, ends))
    tail = len(same[::-1].lstrip("0123456789"))
    found: dict[str, list[tuple[int, int]]] = {}
    for position, stem in enumerate(stems):
        numbered = re.fullmatch(r"(.*?)(\d+)", stem[: len(stem) - tail], re.DOTALL)
        if numbered:
            found.setdefault(numbered[1], []).append((position, int(numbered[2])))
    count = sum(map(len, found.values()))
    numbers = [[number for _, number in each] for each in found.values()]
    if len(names) < _FEWEST or count < _SHARE * len(names) or count < _FRAMES * len(found) or not _is_regular(numbers):
        return None
    longest = sorted(found, key=lambda beginning: (-len(found[beginning]), beginning))
    return Sequences(tuple(longest), _pattern(longest[0]), tuple(tuple(found[name]) for name in longest))


def _is_regular(found: Sequence[Sequence[int]]) -> bool:
    numbers = [sorted(set(each)) for each in found]
    steps = Counter(later - earlier for each in numbers for earlier, later in pairwise(each))
    if not steps:
        return False
    common = steps.most_common(1)[0][1] / steps.total()
    density = sum(map(len, numbers)) / sum(each[-1] - each[0] + 1 for each in numbers)
    return common >= _REGULAR or density >= _DENSE


def _pattern(beginning: str) -> str:
    """Return a pattern whose fields are what the names of a sequence begin with: ``{clip}_*``, ``{clip}/*``."""
    inside = beginning.rpartition("/")[2]
    separator = inside[-1:]
    if not inside or separator.isalnum():
        return "{clip}/*"
    parts = [part for part in inside.split(separator) if part]
    fields = ["{clip}"] if len(parts) < 2 else [f"{{clip{number}}}" for number in range(1, len(parts) + 1)]
    return separator.join([*fields, "*"])
