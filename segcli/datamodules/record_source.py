"""Where the samples of a data module of records come from: a listing, or two folders."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

from segcli.datasets.file_names import folder_of
from segcli.datasets.folder_splits import FolderSplits
from segcli.datasets.listing import Listing, require_records
from segcli.datasets.pairing import pair_names
from segcli.datasets.record import Record, paired, unlabelled
from segcli.datasets.record_splits import RecordSplits
from segcli.datasets.unused_files import unused_files
from segcli.sample import DataError, NoSplitError

LabelledSplit = Literal["train", "val", "test"]


class RecordSource(ABC):
    """Find the samples of splits."""

    @abstractmethod
    def of(self, split: LabelledSplit) -> list[Record]:
        """Return the samples of a split.

        Raises:
            DataError: If files are missing or at fault, or the split has no images.
        """

    @abstractmethod
    def to_predict(self) -> list[Record]:
        """Return the images to predict, which need no masks.

        Raises:
            DataError: If there are none.
        """

    @abstractmethod
    def unused(self) -> list[Path]:
        """Return files that no split uses of those that were asked for."""

    def records(self) -> Sequence[Record]:
        """Return the samples of all splits, where they are known at once."""
        return ()

    def check_settings(self) -> None:  # noqa: B027  (most have nothing to refuse)
        """Refuse settings that do not go together; reads no files.

        Raises:
            DataError: If there are such.
        """


class FolderSource(RecordSource):
    """Two folders with files of equal names.

    Args:
        splits: Of the folders.
    """

    def __init__(self, splits: FolderSplits) -> None:
        self._splits = splits

    def of(self, split: LabelledSplit) -> list[Record]:
        """Return the samples of a split."""
        pairs: list[tuple[str, str]] = self._splits.pairs(split, partial(pair_names, root=self._splits.root))
        return paired(pairs)

    def to_predict(self) -> list[Record]:
        """Return the images to predict."""
        return unlabelled(self._splits.to_predict())

    def unused(self) -> list[Path]:
        """Return files that no split uses of those that were asked for."""
        return self._splits.unused()


class ListedSource(RecordSource):
    """All images of a data set, of which each is told its split.

    Args:
        listing: Finds them.
        splits: Tells the split of each, once it has the images.
    """

    def __init__(self, listing: Listing, splits: RecordSplits) -> None:
        self._listing, self._splits_without_images = listing, splits

    @cached_property
    def _splits(self) -> RecordSplits:
        return replace(self._splits_without_images, records=self._records)

    @cached_property
    def _records(self) -> Sequence[Record]:
        return require_records(self._listing.records(), self._listing)

    def check_settings(self) -> None:
        """Refuse patterns that do not go together."""
        self._listing.check_settings()

    def of(self, split: LabelledSplit) -> list[Record]:
        """Return the samples of a split."""
        if not self._listing.has_masks:
            raise DataError("data.mask is not given, expected the pattern of masks; without, images can be predicted.")
        found = self._splits.of(split)
        if not found:
            raise NoSplitError(f"{self._listing.root} has no images to {split} with: {self._splits.absence(split)}")
        return found

    def to_predict(self) -> list[Record]:
        """Return all images; where none lies as in the data set, those in the folder itself."""
        try:
            return require_records(self._listing.images(), self._listing)
        except DataError:
            loose = self._listing.loose_images()
            if not loose:
                raise
            return unlabelled(loose)

    def unused(self) -> list[Path]:
        """Return files that no split uses."""
        root, used = self._listing.root, {name for record in self._splits.used() for name in record.file_names()}
        linked = {folder: found for folder in set(map(folder_of, used)) if (found := _linked(Path(folder), root))}
        if linked:
            used |= {str(linked[folder] / Path(name).name) for name in used if (folder := folder_of(name)) in linked}
        return unused_files(root, used, (), ())

    def records(self) -> Sequence[Record]:
        """Return all images, with the masks that they have."""
        return self._records


def _linked(folder: Path, root: Path) -> Path | None:
    """Return the folder of a data set that a link leads to; None where it is no link, or leads elsewhere."""
    real, whole = folder.resolve(), root.resolve()
    found = root / real.relative_to(whole) if real.is_relative_to(whole) else folder
    return None if found == folder else found
