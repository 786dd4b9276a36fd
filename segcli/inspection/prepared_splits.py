"""Prepare those splits of a data set that there are."""

from collections.abc import Mapping

from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.sample import DataError, NoSplitError

LABELLED: tuple[Split, ...] = ("train", "val", "test")
"""Splits with masks."""
NEEDED: tuple[Split, ...] = ("train", "val")
"""Those without which nothing trains."""


def prepare_splits(data: SegmentationDataModule) -> Mapping[Split, DataError]:
    """Prepare train, val and, if the data set has it, test.

    Args:
        data: Its ``datasets`` then hold the splits that can be read.

    Returns:
        Why others cannot; a test split that is not there is none of them.

    Raises:
        DataError: If there is no split at all, as with a folder that is missing.
    """
    refused: dict[Split, DataError] = {}
    for split in LABELLED:
        try:
            data.prepare(split)
        except DataError as error:
            data.datasets.pop(split, None)
            if split in NEEDED or not isinstance(error, NoSplitError):
                refused[split] = error
    if not data.datasets and refused:
        raise next(iter(refused.values()))
    return refused
