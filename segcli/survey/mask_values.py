"""Which values, colours or objects the masks hold, and how much of each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from segcli.datasets.fingerprint import READERS
from segcli.datasets.image_file import read_size
from segcli.datasets.mask_check import quiet_threads
from segcli.datasets.mask_reader import ColourReader, MaskReader, ThresholdReader, ValueReader
from segcli.datasets.shapes import read_shapes
from segcli.sample import DataError
from segcli.survey.folder import Folder, spread
from segcli.survey.roles import Candidate

MOST = 200
"""Masks that are read."""
THRESHOLD = 128
_FEWEST_IDS, _DIFFERENT = 5, 3
"""Objects in the fullest mask, and different numbers of objects in masks, from which values look like their numbers."""
Kind = Literal["values", "colours", "threshold", "shapes"]
Key = int | str
T = TypeVar("T")


@dataclass(frozen=True)
class MaskValues:
    """What masks hold.

    Attributes:
        kind: What a pixel has: an integer, a colour, a side of a threshold; or objects with labels.
        shares: Value, colour as ``#rrggbb`` or label of objects, in order, to its share of all pixels.
        read: Masks that were read.
        of: Masks that there are.
        faults: What is wrong with those that cannot be read.
        present: Keys in each mask that was read, by its path.
    """

    kind: Kind
    shares: Mapping[Key, float]
    read: int
    of: int
    faults: Sequence[str] = ()
    present: Mapping[str, frozenset[Key]] = field(default_factory=dict)

    @property
    def are_ids(self) -> bool:
        """Whether values look like numbers of single objects: 1 to n in every mask, n another in many."""
        own = [{key for key in keys if key != 0} for keys in self.present.values()]
        numbers = [keys for keys in own if keys]
        if self.kind != "values" or not numbers or any(keys != set(range(1, len(keys) + 1)) for keys in numbers):
            return False
        counts = {len(keys) for keys in numbers}
        return max(counts) >= _FEWEST_IDS and (len(counts) >= _DIFFERENT or len(numbers) == 1)

    @property
    def where(self) -> str:
        """How many masks were read, in words."""
        return f"all {self.of} masks" if self.read + len(self.faults) >= self.of else f"{self.read} of {self.of} masks"


def values_in(folder: Folder, candidate: Candidate) -> MaskValues:
    """Read masks, spread over all; where they hold one value only, the others as well.

    Args:
        folder: Where they lie.
        candidate: Its patterns.
    """
    pairing = candidate.pairing
    if pairing.are_shapes:
        return _labels(folder, [(image, masks[0]) for image, masks in pairing.masks.items()])
    kind, reader = _reader(candidate)
    files = pairing.mask_files
    found = _read(folder, spread(files, MOST), kind, reader, len(files))
    if len(found.shares) < 2 and found.read + len(found.faults) < len(files):
        return _read(folder, files, kind, reader, len(files))
    return found


def _reader(candidate: Candidate) -> tuple[Kind, MaskReader]:
    masks = candidate.masks
    if any(mask.lossy for mask in masks):
        return "threshold", ThresholdReader(THRESHOLD)
    if all(mask.has_values for mask in masks):
        return "values", ValueReader()
    return "colours", ColourReader()


def _read(folder: Folder, paths: Sequence[str], kind: Kind, reader: MaskReader, of: int) -> MaskValues:
    def of_mask(path: str) -> dict[int, int]:
        values, counts = np.unique(reader(folder.files[path]), return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))

    def key(value: int) -> Key:
        return f"#{value:06x}" if kind == "colours" else value

    found, faults = _each(paths, of_mask)
    total = Counter[int]()
    for counts in found.values():
        total.update(counts)
    pixels = max(1, total.total())
    shares: dict[Key, float] = {key(value): total[value] / pixels for value in sorted(total)}
    present = {path: frozenset(map(key, counts)) for path, counts in found.items()}
    return MaskValues(kind, shares, len(found), of, faults, present)


def _labels(folder: Folder, pairs: Sequence[tuple[str, str]]) -> MaskValues:
    """Return the labels of objects, by how much of the images they cover."""
    images = {mask: image for image, mask in pairs}

    def of_file(path: str) -> dict[str, float]:
        size = read_size(folder.files[images[path]])
        areas = Counter[str]()
        for shape in read_shapes(folder.files[path], size):
            areas[shape.label] += int(shape.draw(size).sum())
        return {label: area / (size[0] * size[1]) for label, area in areas.items()}

    found, faults = _each(spread([*images], MOST), of_file)
    labels = sorted({label for areas in found.values() for label in areas}, key=_as_number)
    shares: dict[Key, float] = {
        label: sum(areas.get(label, 0.0) for areas in found.values()) / max(1, len(found)) for label in labels
    }
    present = {path: frozenset[Key](areas) for path, areas in found.items()}
    return MaskValues("shapes", shares, len(found), len(pairs), faults, present)


def _each(paths: Sequence[str], read: Callable[[str], T]) -> tuple[dict[str, T], list[str]]:
    """Return what is read of every file, and what is wrong with those that cannot be read."""

    def attempt(path: str) -> T | DataError:
        try:
            return read(path)
        except DataError as error:
            return error
        except ValueError as error:  # of a shape that is drawn
            return DataError(f"{path} holds {error}")

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        results = dict(zip(paths, pool.map(attempt, paths), strict=True))
    faults = [str(result).partition("\n")[0] for result in results.values() if isinstance(result, DataError)]
    return {path: result for path, result in results.items() if not isinstance(result, DataError)}, faults


def _as_number(label: str) -> tuple[bool, int, str]:
    """Return what labels are ordered by: numbers as such, before others."""
    return (False, int(label), "") if label.isdecimal() else (True, 0, label)
