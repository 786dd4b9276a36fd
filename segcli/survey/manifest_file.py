"""A table in a folder that names images and their masks."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segcli.datasets.manifest_listing import IMAGE, MASK, ManifestListing
from segcli.sample import DataError
from segcli.survey.folder import Folder

_GROUP = re.compile(
    r"(?i)(patient|subject|case|clip|video|scene|sequence|group|drive|site|study|slide|tile_set|city|area)(_?id)?"
)


@dataclass(frozen=True)
class ManifestFile:
    """A table of images and masks.

    Attributes:
        file: Its path below the folder.
        masks: Path of every image with a mask below the folder, to that of the mask.
        lonely: Images without a mask.
        splits: What the column of splits says of each image with a mask; none without such a column.
        group: Column of what images belong to; None where none is called so.
        groups: How many groups there are.
    """

    file: str
    masks: Mapping[str, Sequence[str]]
    lonely: Sequence[str]
    splits: Sequence[str]
    group: str | None
    groups: int


def manifest_file(folder: Folder) -> ManifestFile | None:
    """Return the first table whose rows all name files that are there; None if there is none.

    Args:
        folder: Where it may lie; paths in it are relative to the root.
    """
    for path in folder.named(suffix=".csv"):
        columns = _columns(folder, path)
        if IMAGE not in columns or MASK not in columns:
            continue
        group = next((name for name in columns if _GROUP.fullmatch(name)), None)
        for column in dict.fromkeys((group, None)):
            try:
                records = ManifestListing(folder.root, folder.root / path, column).images()
            except DataError:
                continue
            below = {file: name for name, file in folder.files.items()}
            pairs = {
                below[each.image]: [below[mask.path] for mask in each.masks if mask.path in below]
                for each in records
                if each.image in below
            }
            complete = {image: masks for image, masks in pairs.items() if masks}
            splits = [str(each.split) for each in records if each.split is not None and each.masks]
            groups = len({each.group for each in records})
            lonely = [image for image, masks in pairs.items() if not masks]
            if complete:
                return ManifestFile(path, complete, lonely, splits, column, groups)
    return None


def _columns(folder: Folder, path: str) -> list[str]:
    try:
        with folder.files[path].open(encoding="utf-8-sig", newline="") as file:
            return [name.strip() for name in next(csv.reader(file), [])]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
