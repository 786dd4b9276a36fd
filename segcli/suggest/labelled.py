"""What is labelled already, so that other images are chosen, unlike these."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datamodules.images_of_splits import images_of_splits
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.image_file import ImageMode
from segcli.datasets.packed_file import file_of
from segcli.datasets.pairing import find_images
from segcli.datasets.record import unlabelled
from segcli.datasets.sample_dataset import SampleDataset
from segcli.inspection.prepared_splits import prepare_splits
from segcli.inspection.preview import spread_indices
from segcli.predict.predictor import PredictorError
from segcli.sample import DataError

MOST_CENTRES = 2000
"""Of labelled images; of more, so many that lie evenly spread are looked at."""


@dataclass(frozen=True)
class Labelled:
    """Images with labels.

    Attributes:
        images: Their files, of all splits.
        masks: Files of their masks.
        train: The images to train with; None where they are not known.
        splits: All splits that can be read.
        absence: Why ``train`` is None, in words.
    """

    images: frozenset[Path] = frozenset()
    masks: frozenset[Path] = frozenset()
    train: SampleDataset | None = None
    splits: Mapping[Split, SampleDataset] = field(default_factory=dict)
    absence: str = ""


def labelled_data(data: SegmentationDataModule) -> Labelled:
    """Return the images of a data module, whose splits are prepared by this; nothing where it has none."""
    try:
        refused = prepare_splits(data)
    except DataError as error:
        return Labelled(absence=str(error))
    masks = {
        file
        for dataset in data.datasets.values()
        for index in range(len(dataset))
        for source in dataset.mask_sources(index)
        if not isinstance(source, bytes) and (file := file_of(source)) is not None
    }
    splits = dict(data.datasets)
    why = str(refused.get("train", ""))
    return Labelled(frozenset(images_of_splits(data)), frozenset(masks), splits.get("train"), splits, why)


def labelled_folder(folder: Path, mode: ImageMode) -> Labelled:
    """Return the images of a folder.

    Args:
        folder: Of them.
        mode: How they are read.

    Raises:
        DataError: If there is no image in it.
    """
    files = find_images(folder)
    return Labelled(frozenset(files), train=ImageDataset(unlabelled(files), None, mode))


def centres(
    dataset: SampleDataset,
    features: Callable[[NDArray[Any]], NDArray[np.float32]],
    advance: Callable[[], object] = bool,
) -> NDArray[np.float32] | None:
    """Return ``(M, C)`` features of labelled images, of :data:`MOST_CENTRES` at most; None if none can be read.

    Args:
        dataset: The images; masks are not read.
        features: Those of one image.
        advance: Called after every image.
    """
    if isinstance(dataset, ImageDataset):
        dataset = ImageDataset(dataset.records, None, dataset.image_mode)
    found = list[NDArray[np.float32]]()
    for index in spread_indices(len(dataset), MOST_CENTRES):
        with suppress(DataError, PredictorError):  # told before a training; here it is one centre less
            found.append(features(dataset.load(index)[0]))
        advance()
    return np.stack(found) if found else None
