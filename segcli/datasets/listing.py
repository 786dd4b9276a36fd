"""Find the images of a data set, with the files of their masks: the contract of ``data.listing``."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

from segcli.datasets.packed_file import PackedFile
from segcli.datasets.record import Record
from segcli.sample import DataError

MaskKind = Literal["values", "shapes", "classes"]


class Listing(ABC):
    """List the images of a data set.

    One of your own needs :meth:`images` alone. Its constructor takes ``root`` first, and then whatever an experiment
    may set, typed and described like the arguments of any component; it reads no files. What decides how images are
    split, grouped, checked, cached and fingerprinted is in the records: their names, splits and groups, and their
    files, or :class:`~segcli.datasets.packed_file.PackedFile` for those inside others.

    Args:
        root: Folder of the data set, ``data.root``.

    Attributes:
        root: The same.
        has_masks: Whether masks are looked for.
        mask_kind: What masks are: images of ``values``; files of ``shapes``; or of single ``classes``, which the
            ``label`` of each file names.
        split_name: What names the split of an image, in words.
    """

    has_masks: bool = True
    mask_kind: MaskKind = "values"
    split_name: str = "the split that data.listing names"

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def images(self) -> list[Record]:
        """Return all images, each with the masks that it has; there may be none.

        Each image is there once, under a name of its own. A record's ``split`` is as the data set calls it:
        ``data.splits`` says which is which where the names are not the usual ones.

        Raises:
            DataError: If there is no image, or files are at fault.
        """

    def records(self) -> list[Record]:
        """Return all images, of which some have masks.

        Raises:
            DataError: If none has, or as :meth:`images` does.
        """
        return self.images()

    def loose_images(self) -> list[Path]:
        """Return images that lie in the folder itself where none lies as in the data set: new ones, to predict."""
        return []

    def check_settings(self) -> None:  # noqa: B027  (most have nothing to refuse)
        """Refuse settings that do not go together; reads no files.

        Raises:
            DataError: If there are such.
        """


class ListingFactory(Protocol):
    """A listing with its arguments, which still waits for the folder."""

    def __call__(self, root: Path) -> Listing:
        """Build it for ``data.root``."""


def require_records(records: list[Record], listing: Listing) -> list[Record]:
    """Return what a listing found, if it is what one finds.

    Args:
        records: All images.
        listing: Whose they are.

    Raises:
        DataError: If there are none, two are of one image or have one name in a split, or something else was returned.
    """
    who = f"the listing {type(listing).__name__}"
    if not isinstance(records, list) or not all(isinstance(record, Record) for record in records):
        raise DataError(f"{who} returned something else than a list of records from images(); correct it.")
    if not records:
        raise DataError(f"{who} found no images below {listing.root}; correct data.root or data.listing.")
    require_once((record.image for record in records), who)
    seen = dict[tuple[str | None, str], Record]()
    for record in records:
        if (other := seen.setdefault((record.split, record.name), record)) is not record:
            raise DataError(
                f"{who} calls two images {record.name!r}, {other.image} and {record.image}; rename one of these files, "
                "or, in a listing of your own, call each by its path below data.root."
            )
        _require_packed(record, who)
    return records


def _require_packed(record: Record, who: str) -> None:
    """Refuse an image of which some files lie inside others, and some do not."""
    if record.packed == ():
        return
    if not isinstance(record.packed, tuple) or not all(isinstance(each, PackedFile) for each in record.packed):
        raise DataError(f"{who}: packed of {record.image} is no tuple of PackedFile, (file,) for one; correct it.")
    if len(record.packed) != len(record.image_files):
        raise DataError(
            f"{who}: {record.image} has {len(record.image_files)} files, image and more, and {len(record.packed)} in "
            "packed, expected one in place of each, or none; correct it."
        )


def require_once(files: Iterable[Path | str], where: str) -> None:
    """Refuse a file that stands for several images, or for the masks of several.

    Args:
        files: All of them.
        where: What names them.

    Raises:
        DataError: For the first such file.
    """
    seen = set[Path | str]()
    for file in files:
        if file in seen:
            raise DataError(f"{where} names {file} twice; an image and its mask are in a data set once. Remove one.")
        seen.add(file)
