"""Tell images from masks: by how their files look, and by what they are called."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segcli.datasets.path_pattern import CLASS, NAME, PathPattern, PathPatternError
from segcli.datasets.shapes import SUFFIXES, read_shapes
from segcli.sample import DataError
from segcli.survey.drafts import common_run
from segcli.survey.folder import Folder, spread
from segcli.survey.pairing import Pairing, pair, pairings_of, with_more_suffixes
from segcli.survey.picture import MOST_CLASSES, Picture, look_at_picture

_LOOKED_AT = 5
"""Images, and masks, of a pair of patterns."""
_WIDENED = 4
"""Candidates that are tried with images, and masks, of any suffix."""
_MASK = re.compile(
    r"(?i)mask|label|lbl|segm?(?![^\W\d_])|segmentation|anno|(?<![^\W\d_])gt|truth|trimap|manual|target|class"
)
_IMAGE = re.compile(r"(?i)image|img|photo|picture|(?<![^\W\d_])rgb|raw|input|scan|frame|ortho|sat(?![^\W\d_])")
_OTHER = re.compile(
    r"(?i)colou?r|vis(?![^\W\d_])|overlay|preview|instance|object|edge|border|depth|polygon|panoptic|confid|dispar"
)


@dataclass(frozen=True)
class Candidate:
    """A pair of patterns that may be images and masks.

    Attributes:
        pairing: The patterns, and what they find.
        pictures: How some of the images look.
        masks: How some of the masks look; none for shapes.
    """

    pairing: Pairing
    pictures: Sequence[Picture]
    masks: Sequence[Picture]

    @property
    def is_binary(self) -> bool:
        """Whether the masks that were looked at hold two values at most."""
        return bool(self.masks) and all(mask.distinct <= 2 for mask in self.masks)

    @property
    def rank(self) -> tuple[float, ...]:
        """What candidates are ordered by, the best last."""
        pairing = self.pairing
        image, mask = differing(pairing.image, pairing.mask)
        words = 2 * bool(_MASK.search(mask)) + bool(_IMAGE.search(image)) - 2 * bool(_OTHER.search(mask))
        words -= 2 * bool(_MASK.search(image)) + 2 * bool(_OTHER.search(image))
        has_values = bool(self.masks) and all(each.has_values or each.lossy for each in self.masks)
        several = CLASS in mask or "*" in mask
        lost = len(pairing.lonely) + pairing.unused
        photos = sum(picture.distinct > MOST_CLASSES for picture in self.pictures) * 2 > len(self.pictures)
        return len(pairing.masks), photos, several, -lost, has_values, words, -len(pairing.image) - len(pairing.mask)


class Viewer:
    """Look at files, at each once.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._seen: dict[str, Picture | None] = {}
        self.faults: dict[str, str] = {}

    def look(self, path: str) -> Picture | None:
        """Return how a file looks; None if it cannot be read."""
        if path not in self._seen:
            try:
                self._seen[path] = look_at_picture(self.folder.files[path])
            except DataError as error:
                self._seen[path], self.faults[path] = None, str(error)
        return self._seen[path]

    def may_pair(self, image: str, mask: str) -> bool:
        """Return whether a file looks like an image, and another like its mask."""
        picture = self.look(image)
        if picture is None or mask.lower().endswith(SUFFIXES):
            return picture is not None
        other = self.look(mask)
        return other is not None and other.may_be_mask and _may_be_image(picture.distinct, other.distinct, image, mask)

    def look_at(self, paths: Sequence[str]) -> list[Picture]:
        """Return how some of the files look, without those that cannot be read."""
        return [seen for path in spread(paths, _LOOKED_AT) if (seen := self.look(path)) is not None]


def candidates_in(folder: Folder, viewer: Viewer) -> list[Candidate]:
    """Return the pairs of patterns that find images and masks in a folder, the best first.

    Args:
        folder: What lies in it.
        viewer: Looks at files.
    """
    found = candidates_of(pairings_of(folder, viewer.may_pair), viewer)
    for number, each in enumerate(found[:_WIDENED]):
        wider = with_more_suffixes(folder, each.pairing)
        if wider is not each.pairing and (candidate := _candidate(wider, viewer)) is not None:
            found[number] = candidate
    return sorted(found, key=lambda each: each.rank, reverse=True)


def candidates_of(pairings: Sequence[Pairing], viewer: Viewer) -> list[Candidate]:
    """Return the pairs of patterns whose files look like images and masks, the best first.

    Masks that differ in one word of their paths, and are of two values each, become one candidate with ``{class}``.

    Args:
        pairings: As they were found.
        viewer: Looks at files.
    """
    found = [each for pairing in pairings if (each := _candidate(pairing, viewer)) is not None]
    merged = list(_of_classes(found, viewer))
    parts = {(each.pairing.image, part) for each in merged for part in _masks_of(each.pairing)}
    kept = [each for each in found if (each.pairing.image, each.pairing.mask) not in parts]
    return sorted([*merged, *kept], key=lambda each: each.rank, reverse=True)


def differing(image: str, mask: str) -> tuple[str, str]:
    """Return the parts of two patterns that the other does not have, without suffixes."""
    one, two = (re.split(r"[/{}]", text.rpartition(".")[0] or text) for text in (image, mask))
    return "/".join(part for part in one if part not in two), "/".join(part for part in two if part not in one)


def _candidate(pairing: Pairing, viewer: Viewer) -> Candidate | None:
    pictures = viewer.look_at(list(pairing.masks))
    if not pictures:
        return None
    if pairing.are_shapes:
        return Candidate(pairing, pictures, ()) if _hold_shapes(pairing, viewer) else None
    masks = viewer.look_at(pairing.mask_files)
    if not masks or not all(mask.may_be_mask for mask in masks):
        return None
    if "*" in pairing.mask.rpartition("/")[2] and not all(mask.distinct <= 2 for mask in masks):
        return None
    richest, by_number = max(each.distinct for each in masks), sorted(each.distinct for each in pictures)
    if not _may_be_image(by_number[len(by_number) // 2], richest, pairing.image, pairing.mask):
        return None
    return Candidate(pairing, pictures, masks)


def _may_be_image(colours: int, of_mask: int, image: str, mask: str) -> bool:
    """Return whether images are richer in colours than masks, or called so."""
    own, other = differing(image, mask)
    return colours > of_mask or (bool(_MASK.search(other)) and not _MASK.search(own))


def _hold_shapes(pairing: Pairing, viewer: Viewer) -> bool:
    held = 0
    for image, masks in spread([*pairing.masks.items()], _LOOKED_AT):
        picture = viewer.look(image)
        try:
            held += picture is not None and bool(read_shapes(viewer.folder.files[masks[0]], picture.size))
        except DataError:
            return False
    return held > 0


def _of_classes(candidates: Sequence[Candidate], viewer: Viewer) -> Iterator[Candidate]:
    """Yield candidates with ``{class}`` in place of the one word in which masks of two values differ."""
    by_image: dict[str, list[Candidate]] = {}
    for each in candidates:
        if each.is_binary and "*" not in each.pairing.mask and not any(mask.lossy for mask in each.masks):
            by_image.setdefault(each.pairing.image, []).append(each)
    tried = set[tuple[str, str]]()
    for image, those in by_image.items():
        for number, first in enumerate(those):
            for second in those[number + 1 :]:
                pattern = _merged(first.pairing.mask, second.pairing.mask)
                if pattern is None or (image, pattern) in tried:
                    continue
                tried.add((image, pattern))
                pairing = pair(viewer.folder, image, pattern)
                found = None if pairing is None else _candidate(pairing, viewer)
                if found is not None and found.is_binary and len(_classes(found.pairing)) > 1:
                    yield found


def _merged(one: str, two: str) -> str | None:
    """Return a pattern with ``{class}`` for the one part between slashes in which two differ, or for a word of it."""
    first, second = one.split("/"), two.split("/")
    if len(first) != len(second):
        return None
    different = [at for at, parts in enumerate(zip(first, second, strict=True)) if parts[0] != parts[1]]
    if len(different) != 1:
        return None
    at = different[0]
    if any(_MASK.fullmatch(part[at]) or _OTHER.search(part[at]) for part in (first, second)):
        return None
    word = f"{{{CLASS}}}"
    if f"{{{NAME}}}" not in first[at]:
        if at == len(first) - 1 or "{" in first[at] or "{" in second[at]:
            return None
        return "/".join([*first[:at], word, *first[at + 1 :]])
    return _merged_name(first, second, at, word)


def _merged_name(first: Sequence[str], second: Sequence[str], at: int, word: str) -> str | None:
    """Return the same where the last parts differ in a word before or after the name."""
    (before, after), (other_before, other_after) = (each[at].split(f"{{{NAME}}}", 1) for each in (first, second))
    if before == other_before:
        texts = [after.rpartition(".")[0], other_after.rpartition(".")[0]]
        separator = texts[0][:1]
        if separator and not separator.isalnum() and separator == texts[1][:1] and common_run(*texts) is None:
            return "/".join([*first[:at], f"{before}{{{NAME}}}{separator}{word}{after[len(texts[0]) :]}"])
    return None


def _classes(pairing: Pairing) -> list[str]:
    pattern = PathPattern(pairing.mask)
    return sorted({fields[CLASS] for path in pairing.mask_files if (fields := pattern.match(path)) is not None})


def classes_of(pairing: Pairing) -> list[str]:
    """Return the texts of ``{class}``, sorted; none where there is no such field."""
    return _classes(pairing) if f"{{{CLASS}}}" in pairing.mask else []


def _masks_of(pairing: Pairing) -> list[str]:
    """Return the patterns that one with ``{class}`` stands for."""
    found = [pairing.mask.replace(f"{{{CLASS}}}", name) for name in _classes(pairing)]
    try:
        return [PathPattern(each).text for each in found]
    except PathPatternError:
        return found
