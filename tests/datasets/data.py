"""Datasets of files for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.label_table import LabelTable
from segcli.datasets.mask_reader import ValueReader
from segcli.datasets.record import paired, with_class_files
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import ClassFileLabels, TableLabels


def of_pairs(pairs: Sequence[tuple[Path, Path]], mapping: LabelMapping) -> RecordDataset:
    """Images with a mask each."""
    return RecordDataset(paired(pairs), table_labels(mapping))


def write_visits(root: Path) -> None:
    """Write two scans of each of five patients, with masks of 0 and 1 that NumPy saves."""
    for patient in range(5):
        (root / f"p{patient}").mkdir(parents=True)
        for scan in range(2):
            rng = np.random.default_rng([patient, scan])
            image = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
            image.save(root / f"p{patient}/{scan}.png")
            np.save(root / f"p{patient}/{scan}_label.npy", rng.integers(0, 2, (64, 64), dtype=np.uint8))


def table_labels(mapping: LabelMapping) -> TableLabels:
    """What the values of masks stand for."""
    return TableLabels(LabelTable((), ValueReader(), mapping))


def of_classes(files: Sequence[tuple[Path, Sequence[Path | None]]], ignore_values: Sequence[int] = ()) -> RecordDataset:
    """Images with a mask, or none, for each of as many labels."""
    names = [str(number) for number in range(len(files[0][1]))]
    indices = {name: number for number, name in enumerate(names)}
    labels = ClassFileLabels(indices, len(names), multilabel=True, ignore_values=ignore_values)
    return RecordDataset(with_class_files(files, names), labels)
