"""Find the images of a data set by one file with the outlines of all, or one for each split."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from segcli.datasets.listing import Listing, require_once
from segcli.datasets.named_images import NamedImages
from segcli.datasets.outline_files import read_outlines
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError


class OutlineListing(Listing):
    """List the images that files of VIA or CVAT name; each has its own part of them.

    Args:
        root: Folder of the data set.
        files: Split to its file; one file for all under an empty name, in which CVAT may name splits.
    """

    has_masks, split_name = True, "data.outlines"

    def __init__(self, root: Path, files: Mapping[str, Path]) -> None:
        self.root, self._files = root, files
        self._records: list[Record] | None = None

    def images(self) -> list[Record]:
        """Return all images, in the order of the files.

        Raises:
            DataError: If a file is at fault, or names an image that is not there or is there twice.
        """
        if self._records is None:
            named = NamedImages(self.root)
            records = [record for split, file in self._files.items() for record in self._of(file, split, named)]
            if not records:
                raise DataError(f"data.outlines: no image in {', '.join(map(str, self._files.values()))}.")
            require_once([record.image for record in records], "data.outlines")
            self._records = records
        return self._records

    def _of(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
        for outlines in read_outlines(file):
            own = split or outlines.split
            try:
                path = named.find(outlines.name, own, file)
            except ValueError as error:
                raise DataError(f"{file}: {error}; correct it.") from None
            mask = MaskFile(file, content=outlines.content())
            yield Record(named.name_of(path), path, (mask,), own or None)
