"""Findings about images that are there twice: copies of the same bytes, and pictures that look alike."""

from collections.abc import Callable, Iterator, Sequence

from segcli.comparison.figures import plural
from segcli.inspection.finding import Finding
from segcli.inspection.perceptual_hash import MOST_IMAGES, MOST_PAIRS, ImageHash, Pair, near_pairs
from segcli.inspection.scan import Scan

_LEAK = "remove one of each pair, or move both into one split: what was trained on must not be measured on"
_Place = tuple[str, str]


def copies(scans: Sequence[Scan], advance: Callable[[], object] = bool) -> Iterator[Finding]:
    """Yield that images of two splits, or of one, are copies of each other or look alike.

    Args:
        scans: The splits.
        advance: Called after every image that was compared with all others.
    """
    names, digests, hashes = list[_Place](), list[bytes](), list[ImageHash | None]()
    for scan in scans:
        for name, image in zip(scan.dataset.ids(), scan.images, strict=True):
            if image.size is not None:
                names.append((scan.split, name))
                digests.append(image.digest)
                hashes.append(image.hash)
    first: dict[bytes, int] = {}
    exact = [Pair(first[d], at, 0, False) for at, d in enumerate(digests) if first.setdefault(d, at) != at]
    alike = [(at, each) for at in first.values() if (each := hashes[at]) is not None]
    if len(alike) > MOST_IMAGES:
        message = f"only exact copies were looked for: {len(alike)} images are more than {MOST_IMAGES}"
        yield Finding("note", "copies-not-looked-for", message)
        alike = []
    near = [
        Pair(alike[pair.first][0], alike[pair.second][0], pair.bits, pair.is_mirrored)
        for pair in near_pairs([each for _, each in alike], advance)
    ]
    yield from _told([*exact, *near], {(pair.first, pair.second) for pair in exact}, names)


def _told(pairs: Sequence[Pair], exact: set[tuple[int, int]], names: Sequence[_Place]) -> Iterator[Finding]:
    across = [pair for pair in pairs if names[pair.first][0] != names[pair.second][0]]
    if across:
        message = f"{_number(across)} of images in different splits, copies or pictures that look alike"
        yield Finding("error", "copies-across-splits", message, _LEAK, _lines(across, exact, names))
    inside = dict.fromkeys(names[pair.first][0] for pair in pairs if names[pair.first][0] == names[pair.second][0])
    for split in inside:
        of_split = [pair for pair in pairs if names[pair.first][0] == names[pair.second][0] == split]
        message = f"{_number(of_split)} of images in {split} that look alike"
        advice = "each counts as often as it is there; frames of a standing camera look alike, too"
        yield Finding("note", "copies-in-a-split", message, advice, _lines(of_split, exact, names))


def _number(pairs: Sequence[Pair]) -> str:
    return plural(len(pairs), "pair") if len(pairs) < MOST_PAIRS else f"at least {MOST_PAIRS} pairs"


def _lines(pairs: Sequence[Pair], exact: set[tuple[int, int]], names: Sequence[_Place]) -> tuple[str, ...]:
    return tuple(
        f"{_name(names[pair.first])} = {_name(names[pair.second])} ({_how(pair, (pair.first, pair.second) in exact)})"
        for pair in pairs
    )


def _how(pair: Pair, is_exact: bool) -> str:
    if is_exact:
        return "the same file"
    return f"{'mirrored, ' if pair.is_mirrored else ''}{pair.bits} of 256 bits differ"


def _name(place: _Place) -> str:
    return f"{place[0]}: {place[1]}"
