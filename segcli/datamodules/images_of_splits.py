"""The files of all images of a data set, whichever splits were prepared."""

from contextlib import suppress
from pathlib import Path

from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.packed_file import file_of
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose

_LABELLED: tuple[Split, ...] = ("train", "val", "test")


def images_of_splits(data: SegmentationDataModule) -> set[Path]:
    """Return the files of the images to train, validate and test with, of every split that can be found.

    Args:
        data: Of which no split is prepared by this.
    """
    found = set[Path]()
    for split in _LABELLED:
        with suppress(DataError, OSError):
            found |= _files(data.datasets.get(split) or data.make_dataset(split, SeededCompose(None)))
    return found


def _files(dataset: SampleDataset) -> set[Path]:
    if not isinstance(dataset, ImageDataset):
        return set(map(Path, dataset.paths()))
    sources = (source for record in dataset.records for source in record.image_sources)
    return {file for source in sources if (file := file_of(source)) is not None}
