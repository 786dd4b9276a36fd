"""Findings about frames of one sequence that are in two splits: what is measured on is close to what is trained on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from segcli.comparison.figures import plural
from segcli.config.errors import shown
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.frame_names import frame_sequences
from segcli.inspection.finding import Finding
from segcli.inspection.perceptual_hash import ImageHash, distances
from segcli.inspection.scan import Scan

_ALIKE = 0.85
"""Bits in which neighbouring frames differ, by those of any two images, up to which names are taken at their word."""
_FEWEST = 5
_DRAWN = 2000


class _Frame(NamedTuple):
    """An image of a sequence: its position among all images, its split, and its number if its name ends in one."""

    position: int
    split: str
    number: int | None


_Frames = Mapping[str, Sequence[_Frame]]


def sequences_in_splits(data: SegmentationDataModule, scans: Sequence[Scan]) -> Iterator[Finding]:
    """Yield that splits share sequences, or other groups of images.

    What belongs together is said by ``data.group``; without it, by the names of images, if images that are next to each
    other by their numbers look more alike than others.

    Args:
        data: With its splits prepared.
        scans: The splits.
    """
    places = [(scan.split, name) for scan in scans for name in scan.dataset.ids()]
    hashes = [image.hash for scan in scans for image in scan.images]
    groups = {scan.split: found for scan in scans if (found := data.groups(scan.split)) is not None}
    if scans and len(groups) == len(scans):
        names = [name for scan in scans for name in groups[scan.split][1]]
        pattern = next(iter(groups.values()))[0]
        if any(len(set(of_split)) < len(of_split) for _, of_split in groups.values()):  # else each image is its own
            yield from _shared(_grouped(places, names), places, ("group", "images", f"by {pattern}"), "")
        return
    named = frame_sequences([name for _, name in places])
    if named is None:
        return
    frames = {
        name: [_Frame(position, places[position][0], number) for position, number in each]
        for name, each in zip(named.names, named.frames, strict=True)
    }
    if _are_alike(frames, hashes):
        yield from _shared(frames, places, ("sequence", "frames", "by their names and looks"), named.pattern)


def _grouped(places: Sequence[tuple[str, str]], names: Sequence[str]) -> _Frames:
    found: dict[str, list[_Frame]] = {}
    for position, ((split, file), name) in enumerate(zip(places, names, strict=True)):
        number = re.search(r"(\d+)$", PurePosixPath(file).stem)
        found.setdefault(name, []).append(_Frame(position, split, int(number[1]) if number else None))
    return found


def _are_alike(frames: _Frames, hashes: Sequence[ImageHash | None]) -> bool:
    """Return whether images of neighbouring numbers look more alike than images drawn at random."""
    next_to: list[tuple[ImageHash, ImageHash]] = []
    for each in frames.values():
        ordered = [hashes[frame.position] for frame in sorted(each, key=lambda frame: frame.number or 0)]
        next_to += [(a, b) for a, b in pairwise(ordered) if a is not None and b is not None]
    known = [each for each in hashes if each is not None]
    if len(next_to) < _FEWEST:
        return False
    chosen = np.random.default_rng(0).integers(0, len(known), (_DRAWN, 2))
    drawn = [(known[a], known[b]) for a, b in chosen.tolist() if a != b]
    return float(np.median(distances(next_to))) <= _ALIKE * float(np.median(distances(drawn)))


def _shared(
    frames: _Frames, places: Sequence[tuple[str, str]], words: tuple[str, str, str], pattern: str
) -> Iterator[Finding]:
    shared = {name: each for name, each in frames.items() if len({frame.split for frame in each}) > 1}
    if not shared:
        return
    noun, members, by = words
    number = f"{len(shared)} of {plural(len(frames), noun)}" if len(frames) > 1 else f"1 {noun}"
    there = {frame.split for each in shared.values() for frame in each}
    splits = [split for split in dict.fromkeys(split for split, _ in places) if split in there]
    message = f"{number} ({by}) {'has' if len(shared) == 1 else 'have'} {members} in {' and '.join(splits)}"
    whole = [line for split in splits if split != "train" and (line := _of_one(split, shared, places))]
    advice = "scores of such a split are of images close to those of train, and say little of others"
    if pattern:
        advice += f"; data.group: {shown(pattern)} keeps a {noun} in one split, where no folder or list says the split"
    else:
        advice += f"; move each {noun} into one split"
    lines = [_line(name, each) for name, each in shared.items()]
    yield Finding("warning", "sequence-across-splits", "; ".join([message, *whole]), advice, tuple(lines))


def _of_one(split: str, shared: _Frames, places: Sequence[tuple[str, str]]) -> str:
    """Return that a split is nothing but a part of a sequence that train holds too; nothing if it is not."""
    total = sum(place[0] == split for place in places)
    for name, frames in shared.items():
        own = [frame for frame in frames if frame.split == split]
        others = [frame for frame in frames if frame.split == "train"]
        if len(own) == total and others:
            part = f"one stretch{_range(own)} of" if _is_one_stretch(own, others) else "of"
            return f"all {total} images of {split} are {part} {_title(name)}, of which train holds {len(others)}"
    return ""


def _is_one_stretch(own: Sequence[_Frame], others: Sequence[_Frame]) -> bool:
    numbers = [frame.number for frame in own if frame.number is not None]
    between = [frame for frame in others if frame.number is None or min(numbers) <= frame.number <= max(numbers)]
    return len(numbers) == len(own) > 1 and not between


def _title(name: str) -> str:
    return name.rstrip("_-/. ") or name or "one sequence"


def _line(name: str, frames: Sequence[_Frame]) -> str:
    by_split: dict[str, list[_Frame]] = {}
    for frame in frames:
        by_split.setdefault(frame.split, []).append(frame)
    parts = [f"{split} {plural(len(each), 'image')}{_range(each)}" for split, each in by_split.items()]
    return f"{_title(name)}: {', '.join(parts)}{_nearest(frames)}"


def _range(frames: Sequence[_Frame]) -> str:
    numbers = [frame.number for frame in frames if frame.number is not None]
    return f" ({min(numbers)} to {max(numbers)})" if len(numbers) == len(frames) > 1 else ""


def _nearest(frames: Sequence[_Frame]) -> str:
    numbered = sorted((frame.number, frame.split) for frame in frames if frame.number is not None)
    gaps = [b[0] - a[0] for a, b in pairwise(numbered) if a[1] != b[1]]
    return f"; nearest numbers are {min(gaps)} apart" if gaps else ""
