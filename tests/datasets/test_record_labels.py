from pathlib import Path

import numpy as np
import pytest

from segcli.datasets.record_labels import ClassFileLabels
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_mask
from tests.datasets.data import of_classes


def _files(root: Path, *values: tuple[int, ...] | None) -> list[tuple[Path, list[Path | None]]]:
    """Write an image and, for every class, a mask with columns of its values, or none."""
    write_image(root / "a.png")
    masks: list[Path | None] = []
    for number, columns in enumerate(values):
        masks.append(root / f"mask_{number}.png" if columns else None)
        if columns:
            write_mask(root / f"mask_{number}.png", columns)
    return [(root / "a.png", masks)]


def test_a_channel_per_class_of_zeros_ones_and_ignored(tmp_path: Path) -> None:
    files = _files(tmp_path, (0, 255, 0, 128), (0, 1, 0, 1), None)
    sample = of_classes(files, ignore_values=[128])[0]
    assert sample["mask"].shape == (3, 16, 20)
    assert sample["mask"][:, 5, :4].tolist() == [[0, 1, 0, 255], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert sample["image"].shape == (3, 16, 20)


def test_255_is_ignored_only_if_it_is_listed(tmp_path: Path) -> None:
    files = _files(tmp_path, (0, 1, 255))
    assert np.unique(of_classes(files, ignore_values=[255])[0]["mask"]).tolist() == [0, 1, 255]
    with pytest.raises(DataError, match=r"mask_0\.png has both mask values 1 and 255"):
        of_classes(files)[0]


def test_other_values_are_errors_with_file_and_value(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mask_1\.png has mask value 7 \(160 pixels\)(.|\n)*data.ignore_values"):
        of_classes(_files(tmp_path, (0, 1), (0, 7)))[0]


@pytest.mark.parametrize("values", [[0], [1, 255]])
def test_values_that_leave_no_yes_or_no_cannot_be_ignored(values: list[int]) -> None:
    with pytest.raises(DataError, match="expected neither 0 nor both of 1 and 255"):
        ClassFileLabels({}, 1, multilabel=True, ignore_values=values)


def test_every_mask_has_the_size_of_its_image(tmp_path: Path) -> None:
    files = _files(tmp_path, (0, 1), (0, 1))
    write_mask(tmp_path / "mask_1.png", (0, 1), height=8)
    with pytest.raises(DataError, match=r"its mask .*mask_1\.png is 8 x 20 px"):
        of_classes(files)[0]
