"""Find which files are images and which are their masks: patterns from pairs of files, tried on all files."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import commonprefix

from segcli.datasets.path_pattern import CLASS, NAME, SPLIT, PathPattern, PathPatternError
from segcli.datasets.shapes import SUFFIXES
from segcli.survey.drafts import FOLDER, Draft, drafts_of, with_text
from segcli.survey.folder import Folder, Group, spread

_FOLDERS, _NEAREST, _PER_GROUP = 20, 24, 3
"""Groups of files from which images are taken to begin with, groups looked at for the mask of each, images of each."""
_BESIDE = 4
"""Names before and after a name in alphabetical order that are compared with it."""
_TRIED = 16
"""Patterns that are tried on all files, those that most pairs suggest first."""


@dataclass(frozen=True)
class Pairing:
    """Two patterns, and what they find.

    Attributes:
        image: Of images.
        mask: Of masks.
        masks: Path of every image that has masks, to their paths.
        lonely: Images without a mask.
        unused: Files that the pattern of masks fits and that belong to no image.
        fields: What each field of images is, for images with masks, in the order of paths.
    """

    image: str
    mask: str
    masks: Mapping[str, Sequence[str]]
    lonely: Sequence[str]
    unused: int
    fields: Mapping[str, Sequence[str]]

    @property
    def are_shapes(self) -> bool:
        """Whether masks are files of shapes."""
        return self.mask.lower().endswith(SUFFIXES)

    @cached_property
    def mask_files(self) -> list[str]:
        """All masks, in the order of their images."""
        return [path for paths in self.masks.values() for path in paths]


def pairings_of(folder: Folder, may_pair: Callable[[str, str], bool]) -> list[Pairing]:
    """Return the pairs of patterns that find images with masks, the one with most images first.

    Args:
        folder: What to try them on.
        may_pair: Whether a file looks like an image and another like its mask; patterns of others are not tried.
    """
    counts, samples = Counter[Draft](), dict[Draft, tuple[str, str]]()
    for draft, sample in _drafts(folder):
        counts[draft] += 1
        samples.setdefault(draft, sample)
    found, tried = dict[tuple[str, str], Pairing](), 0
    for draft, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if tried == _TRIED:
            break
        if not may_pair(*samples[draft]):
            continue
        tried += 1
        pairing = pair(folder, *draft)
        if pairing is not None:
            found[pairing.image, pairing.mask] = pairing
    return sorted(found.values(), key=lambda each: (-len(each.masks), each.image, each.mask))


def pair(folder: Folder, image: str, mask: str) -> Pairing | None:
    """Try two patterns on all files.

    Args:
        folder: What to try them on.
        image: Pattern of images; fields that have one value become text.
        mask: Pattern of masks.

    Returns:
        What they find; None if they find no image with a mask, or do not go together.
    """
    pairing = _paired(folder, image, mask)
    if pairing is None:
        return None
    constant = {
        field: values[0]
        for field, values in pairing.fields.items()
        if field != NAME and len(set(values)) == 1 and not (field == SPLIT and len(pairing.masks) == 1)
    }
    texts = _renumbered(with_text(image, constant), with_text(mask, constant))
    return (_paired(folder, *texts) if texts != (image, mask) else None) or pairing


def _renumbered(image: str, mask: str) -> tuple[str, str]:
    """Return patterns whose fields of folders are numbered without a gap."""
    fields = dict.fromkeys(re.findall(rf"{{({FOLDER}\d*)}}", image))
    for number, field in enumerate(fields, start=1):
        name = f"{{{FOLDER}{number if number > 1 else ''}}}"
        image, mask = image.replace(f"{{{field}}}", name), mask.replace(f"{{{field}}}", name)
    return image, mask


def _paired(folder: Folder, image: str, mask: str) -> Pairing | None:
    try:
        of_image, of_mask = PathPattern(image), PathPattern(mask)
    except PathPatternError:
        return None
    shared = [field for field in of_mask.fields if field != CLASS]
    if not set(shared) <= set(of_image.fields):
        return None
    images = [(path, fields) for path in folder.images if (fields := of_image.match(path)) is not None]
    keys = {tuple(fields[field] for field in shared) for _, fields in images}
    masks: dict[tuple[str, ...], list[str]] = {}
    among = folder.files if of_mask.text.lower().endswith(SUFFIXES) else folder.images
    unused = 0
    for path in among:
        fields = of_mask.match(path)
        if fields is not None:
            key = tuple(fields[field] for field in shared)
            masks.setdefault(key, []).append(path)
            unused += key not in keys
    taken = {path for key, paths in masks.items() if key in keys for path in paths}
    images = [(path, fields) for path, fields in images if path not in taken]
    found = {path: masks.get(tuple(fields[field] for field in shared), []) for path, fields in images}
    complete = [(path, fields) for path, fields in images if found[path]]
    several = CLASS in of_mask.fields or of_mask.has_any
    names = [tuple(fields.values()) for _, fields in images]
    if not complete or len(set(names)) < len(names) or (not several and any(len(found[p]) > 1 for p, _ in complete)):
        return None
    values = {field: [each[field] for _, each in complete] for field in of_image.fields}
    lonely = [path for path, _ in images if not found[path]]
    return Pairing(image, mask, {path: found[path] for path, _ in complete}, lonely, unused, values)


def with_more_suffixes(folder: Folder, pairing: Pairing) -> Pairing:
    """Return patterns without the suffix of images, or of masks, where more images with masks are found so."""
    best = pairing
    for at in (0, 1):
        texts = [best.image, best.mask]
        stem, dot, _ = texts[at].rpartition(".")
        if not dot or "/" in texts[at][len(stem) :] or "." in stem.rpartition("/")[2] or texts[at].endswith(SUFFIXES):
            continue
        texts[at] = stem
        wider = _paired(folder, *texts)
        if wider is not None and len(wider.masks) > len(best.masks):
            best = wider
    return best


def _drafts(folder: Folder) -> Iterator[tuple[Draft, tuple[str, str]]]:
    """Yield what pairs of files suggest, in both directions, with the image and the mask."""
    groups = folder.groups
    images = [group for group in groups if group.suffix.lower() not in SUFFIXES]
    words = Counter(word for group in groups for word in set(group.parent.split("/")))
    rarity = {word: 1 / number for word, number in words.items()}
    for group in spread(images, _FOLDERS):
        for name in _samples(group):
            path = group.path(name)
            for other in _nearest(groups, rarity, group, name):
                for partner in _partners(name, other, own=other is group):
                    mask = other.path(partner)
                    yield from ((draft, (path, mask)) for draft in drafts_of(path, mask))
                    if other.suffix.lower() not in SUFFIXES:
                        yield from ((draft, (mask, path)) for draft in drafts_of(mask, path))


def _samples(group: Group) -> list[str]:
    """Return some names of a group, of different lengths where there are such."""
    by_length = {len(name): name for name in reversed(group.names)}
    return list(dict.fromkeys([*spread(group.names, _PER_GROUP), *spread([*by_length.values()], _PER_GROUP)]))


def _nearest(groups: Sequence[Group], rarity: Mapping[str, float], group: Group, name: str) -> list[Group]:
    """Return the groups whose folders share most with that of a file, its own among them; rare names count most."""
    if len(groups) <= _NEAREST:
        return list(groups)
    words = {*group.parent.split("/"), name}

    def likeness(other: Group) -> tuple[float, str]:
        return -sum(rarity[word] for word in words.intersection(other.parent.split("/"))), other.parent

    return sorted(groups, key=likeness)[:_NEAREST]


def _partners(name: str, group: Group, own: bool) -> list[str]:
    """Return names of a group that may belong to a name: those that begin, or end, most like it."""
    found = list[str]()
    for names, wanted, turned in ((group.names, name, False), (group.reversed_names, name[::-1], True)):
        at = bisect_left(names, wanted)
        near = [each for each in names[max(0, at - _BESIDE) : at + _BESIDE] if not (own and each == wanted)]
        alike = [len(commonprefix([each, wanted])) for each in near]  # noqa: RUF071
        best = [each for each, length in zip(near, alike, strict=True) if length == max(alike)]
        found += [each[::-1] if turned else each for each in best]
    return list(dict.fromkeys([*found, group.names[0]] if not own else found))
