"""Patterns that an image and a file beside it suggest: what their paths share becomes fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import NamedTuple

from segcli.datasets.split_folders import NAMES

FOLDER = "folder"
"""What fields of folders are called, with a number from the second on."""
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
_OTHER_SPLITS = ("trainval", "dev", "eval", "evaluation")
SPLIT_WORD = re.compile(
    r"(?i)(?<![^\W\d_])(?:{})(?![^\W\d_])".format("|".join(sorted((*NAMES, *_OTHER_SPLITS), key=len, reverse=True)))
)
"""What splits are called, as a word of a name."""
_NAME, _SPLIT_FIELD = "{name}", "{split}"


class Draft(NamedTuple):
    """Two patterns that may go together.

    Attributes:
        image: Of images.
        mask: Of masks.
    """

    image: str
    mask: str


def drafts_of(image: str, mask: str) -> Iterator[Draft]:
    """Yield the patterns that two files suggest if the second is the mask of the first.

    Fields are taken generously: those with one value are put back by :func:`with_text`.

    Args:
        image: Path below the folder of the data set.
        mask: Likewise.
    """
    of_image, of_mask = image.split("/"), mask.split("/")
    stem, other = PurePosixPath(of_image[-1]).stem, PurePosixPath(of_mask[-1]).stem
    ends = of_image[-1][len(stem) :], of_mask[-1][len(other) :]
    run = common_run(stem, other)
    if run is not None:
        name, (before, after), (other_before, other_after) = run
        folders, other_folders, split = _folders(of_image[:-1], of_mask[:-1], name)
        yield Draft(
            "/".join([*folders, _affix(before, split) + _NAME + _affix(after + ends[0], split)]),
            "/".join([*other_folders, _affix(other_before, split) + _NAME + _affix(other_after + ends[1], split)]),
        )
    for name in dict.fromkeys((*reversed(of_image[:-1]), stem)):
        if name not in of_mask[:-1] or SPLIT_WORD.fullmatch(name):
            continue
        folders, other_folders, split = _folders(of_image[:-1], of_mask[:-1], name)
        if name == stem or name in of_image[:-1]:
            first = "/".join([*folders, (_NAME if stem == name else _affix(stem, split)) + ends[0]])
            for last in ("*", _affix(other, split)):
                yield Draft(first, "/".join([*other_folders, last + ends[1]]))


def common_run(first: str, second: str) -> tuple[str, tuple[str, str], tuple[str, str]] | None:
    """Return the longest text of whole words and numbers that two names share, and what is around it in each.

    Args:
        first: A name without suffix.
        second: Another.

    Returns:
        What is shared, and text before and after it in both; None if they share no word and no number.
    """
    if first == second:
        return first, ("", ""), ("", "")
    one, two = _TOKEN.findall(first), _TOKEN.findall(second)
    best, place = 0, (0, 0, 0)
    lengths = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i, token in enumerate(one):
        for j, other in enumerate(two):
            if token == other:
                lengths[i + 1][j + 1] = lengths[i][j] + 1
                run = one[i + 1 - lengths[i + 1][j + 1] : i + 1]
                worth = sum(len(each) + 100 * each.isdecimal() for each in run if each.isalnum())
                if worth > best:
                    best, place = worth, (i + 1, j + 1, len(run))
    if not best:
        return None
    end, other_end, count = place
    start, other_start = end - count, other_end - count
    while not one[end - 1].isalnum():
        end, other_end = end - 1, other_end - 1
    while not one[start].isalnum() and start:
        start, other_start = start + 1, other_start + 1
    around = ("".join(one[:start]), "".join(one[end:])), ("".join(two[:other_start]), "".join(two[other_end:]))
    return "".join(one[start:end]), *around


def with_text(pattern: str, values: Mapping[str, str]) -> str:
    """Return a pattern in which fields are replaced by the text that they always have."""
    for field, text in values.items():
        pattern = pattern.replace(f"{{{field}}}", literal(text))
    return pattern


def literal(text: str) -> str:
    """Return text as it stands in a pattern, where braces and stars mean something else."""
    return re.sub(r"[{}*]+", "*", text)


def _folders(one: Sequence[str], two: Sequence[str], name: str) -> tuple[list[str], list[str], str]:
    """Return the folders of both as parts of patterns, and the text that names the split, or nothing."""
    shared = dict[int, int]()
    for block in SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks():
        shared |= {block.a + step: block.b + step for step in range(block.size)}
    first, second = [literal(part) for part in one], [literal(part) for part in two]
    for parts, texts in ((one, first), (two, second)):
        for at, part in enumerate(parts):
            if part == name:
                texts[at] = _NAME
    split = _split_of(one, two, shared, first, second)
    number = 0
    for at, other in shared.items():
        if "{" not in first[at]:
            number += 1
            first[at] = second[other] = f"{{{FOLDER}{number if number > 1 else ''}}}"
    return first, second, split


def _split_of(
    one: Sequence[str], two: Sequence[str], shared: Mapping[int, int], first: list[str], second: list[str]
) -> str:
    """Put the field of the split where both paths name one, and return what they call it."""
    for at, part in enumerate(one):
        found = None if "{" in first[at] else SPLIT_WORD.search(part)
        if found is None:
            continue
        others = [shared[at]] if at in shared else [i for i, each in enumerate(two) if found[0] in each]
        if not others or "{" in second[others[0]]:
            continue
        first[at] = literal(part[: found.start()]) + _SPLIT_FIELD + literal(part[found.end() :])
        other = two[others[0]]
        start = other.index(found[0])
        second[others[0]] = literal(other[:start]) + _SPLIT_FIELD + literal(other[start + len(found[0]) :])
        return found[0]
    return ""


def _affix(text: str, split: str) -> str:
    """Return text beside a name, with the field of the split where it stands in it as a word."""
    found = re.search(rf"(?<![^\W\d_]){re.escape(split)}(?![^\W\d_])", text) if split else None
    if found is None:
        return literal(text)
    return literal(text[: found.start()]) + _SPLIT_FIELD + literal(text[found.end() :])
