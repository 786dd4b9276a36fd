"""Find the images of a data set by files that hold the annotations of many, one for all or one for each split."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path

from segcli.datasets.listing import Listing, require_once
from segcli.datasets.named_images import NamedImages
from segcli.datasets.record import Record
from segcli.sample import DataError


class AnnotationListing(Listing):
    """List the images that files of annotations name; each has its own part of them.

    Args:
        root: Folder of the data set.
        files: Split to its file of annotations; one file for all under an empty name.

    Attributes:
        split_name: The key of the experiment that names the files.
    """

    mask_kind = "shapes"

    def __init__(self, root: Path, files: Mapping[str, Path]) -> None:
        super().__init__(root)
        self._files = files
        self._records: list[Record] | None = None

    @abstractmethod
    def of_file(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
        """Yield the images of a file.

        Args:
            file: The file.
            split: Of its images; empty where that is not known.
            named: Finds images by their names.

        Raises:
            DataError: If it is at fault, or an image is not there.
        """

    def images(self) -> list[Record]:
        """Return all images, in the order of the files.

        Raises:
            DataError: If a file of annotations is at fault, or names an image that is not there or is there twice.
        """
        if self._records is None:
            named = NamedImages(self.root)
            records = [record for split, file in self._files.items() for record in self.of_file(file, split, named)]
            if not records:
                raise DataError(f"{self.split_name}: no image in {', '.join(map(str, self._files.values()))}.")
            require_once([record.image for record in records], self.split_name)
            self._records = records
        return self._records
