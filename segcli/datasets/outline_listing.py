"""Find the images of a data set by one file with the outlines of all, or one for each split."""

from collections.abc import Iterator
from pathlib import Path

from segcli.datasets.annotation_listing import AnnotationListing
from segcli.datasets.named_images import NamedImages
from segcli.datasets.outline_files import read_outlines
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError


class OutlineListing(AnnotationListing):
    """List the images that files of VIA or CVAT name; in one file for all, CVAT may name splits."""

    split_name = "data.outlines"

    def of_file(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
        """Yield the images of a file, each with its outlines."""
        for outlines in read_outlines(file):
            own = split or outlines.split
            try:
                path = named.find(outlines.name, own, file)
            except ValueError as error:
                raise DataError(f"{file}: {error}; correct it.") from None
            mask = MaskFile(file, content=outlines.content())
            yield Record(named.name_of(path), path, (mask,), own or None)
