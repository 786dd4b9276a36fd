"""Whether an experiment's data load: its data module is built, and samples are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError
from segcli.survey.folder import spread

_READ = 6
"""Samples of each split."""


@dataclass(frozen=True)
class Verified:
    """What a data module gives.

    Attributes:
        classes: Names, in the order of their indices.
        images: Files of each split that it trains and validates with.
        faults: What is wrong with samples that cannot be read; others can.
    """

    classes: tuple[str, ...]
    images: Mapping[str, Sequence[str]]
    faults: Sequence[str]


def verified(root: str, keys: Mapping[str, Any]) -> Verified:
    """Build the data module and read samples of every split.

    Args:
        root: Folder of the data set.
        keys: Its other arguments.

    Raises:
        DataError: If they do not go together, files are missing, none of the samples of a split can be read, or there
            are fewer than two classes.
    """
    try:
        data = PatternDataModule(root, **keys)
        data.setup("fit")
    except DataError:
        raise
    except ValueError as error:  # of a pattern of groups
        raise DataError(str(error)) from None
    if len(data.classes) < 2:
        raise DataError(f"the masks are all {', '.join(data.classes)}, expected at least two classes.")
    faults = list[str]()
    splits: tuple[Literal["train"], Literal["val"]] = ("train", "val")
    for split in splits:
        wrong, read = _read(data.datasets[split])
        if not read:
            raise DataError(wrong[0])
        faults += wrong
    images: dict[str, Sequence[str]] = {split: data.datasets[split].paths() for split in splits}
    return Verified(data.classes, images, list(dict.fromkeys(faults)))


def _read(dataset: SampleDataset) -> tuple[list[str], int]:
    """Return what is wrong with some samples, and how many can be read."""
    faults, read = list[str](), 0
    for index in spread(range(len(dataset)), _READ):
        try:
            dataset.load(index)
            read += 1
        except DataError as error:
            faults.append(str(error))
    return faults, read
