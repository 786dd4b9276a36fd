"""Which listing the keys of an experiment ask for."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from segcli.datasets.coco_listing import CocoListing
from segcli.datasets.listing import Listing, ListingFactory
from segcli.datasets.manifest_listing import ManifestListing
from segcli.datasets.outline_listing import OutlineListing
from segcli.datasets.path_pattern import PathPattern, PathPatternError
from segcli.datasets.pattern_listing import PatternListing
from segcli.sample import DataError

Files = Mapping[str, str] | str
_FINDERS = ("image", "manifest", "coco", "outlines", "listing")


class ListingKeys(NamedTuple):
    """Keys that say how images and masks are found, of which one is given, or none for two folders.

    See :class:`~segcli.datamodules.pattern_data_module.PatternDataModule`; ``mask`` goes with ``image``, and
    ``group_column`` with ``manifest``.
    """

    image: list[str] | str | None = None
    mask: str | None = None
    manifest: str | None = None
    coco: Files | None = None
    outlines: Files | None = None
    listing: ListingFactory | None = None
    group_column: str | None = None


def chosen_listing(root: Path, keys: ListingKeys) -> Listing | None:
    """Return what finds images and masks; None where two folders do.

    Args:
        root: Folder of the data set.
        keys: Those of the experiment.

    Raises:
        DataError: If two of them find files, or a pattern is wrong.
    """
    given = [name for name in _FINDERS if getattr(keys, name) is not None]
    if len(given) > 1 or (keys.mask is not None and given not in ([], ["image"])):
        raise DataError(
            f"data got two of image (with mask), {', '.join(_FINDERS[1:-1])} and {_FINDERS[-1]}, expected one: each "
            "finds the files."
        )
    if keys.listing is not None:
        return keys.listing(root=root)
    if keys.manifest is not None:
        return ManifestListing(root, root / keys.manifest, keys.group_column)
    if keys.coco is not None:
        return CocoListing(root, _by_split(root, keys.coco))
    if keys.outlines is not None:
        return OutlineListing(root, _by_split(root, keys.outlines))
    if keys.image is None:
        return None
    texts = [keys.image] if isinstance(keys.image, str) else keys.image
    mask = None if keys.mask is None else _pattern("mask", keys.mask)
    return PatternListing(root, [_pattern("image", text) for text in texts], mask)


def _by_split(root: Path, files: Files) -> dict[str, Path]:
    """Return the file of each split; of all under an empty name."""
    named = {"": files} if isinstance(files, str) else files
    return {split: root / file for split, file in named.items()}


def _pattern(key: str, text: str) -> PathPattern:
    try:
        return PathPattern(text)
    except PathPatternError as error:
        raise DataError(f"data.{key} {error}.") from None
