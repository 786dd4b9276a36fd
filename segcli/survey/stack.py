"""Files that hold a channel each of one image: patterns that differ in one place, and fit the same masks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix

from segcli.survey.pairing import Pairing
from segcli.survey.picture import Picture

_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Stack:
    """Several files of an image.

    Attributes:
        image: Pattern with ``{channel}``.
        texts: What stands for that.
    """

    image: str
    texts: Sequence[str]

    @property
    def files(self) -> int:
        """Files of an image."""
        return len(self.texts)


def stacked(pairings: Sequence[Pairing], pictures: Sequence[Picture]) -> Stack | None:
    """Return the pattern of images in several files; None if each is in one.

    Args:
        pairings: Patterns, of which the first is the one that is taken.
        pictures: How some of its images look: those of several channels are no part of another.
    """
    masks = set(pairings[0].mask_files)
    texts = sorted({each.image for each in pairings if set(each.mask_files) == masks})
    if len(texts) < 2 or not pictures or not all(picture.is_grey for picture in pictures):
        return None
    start = commonprefix(texts)  # noqa: RUF071  (of texts, not of paths)
    end = commonprefix([text[::-1] for text in texts])[::-1]  # noqa: RUF071  (as above)
    while start and _WORD.match(start[-1]) and start[-1] != "_":
        start = start[:-1]
    while end and _WORD.match(end[0]) and end[0] != "_":
        end = end[1:]
    parts = [text[len(start) : len(text) - len(end)] for text in texts]
    if len(start) + len(end) >= min(map(len, texts)) or any(set("/{}*") & set(part) for part in parts):
        return None
    return Stack(f"{start}{{channel}}{end}", parts)
