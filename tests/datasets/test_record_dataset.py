from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segcli.datasets.hugging_face import TableCell
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_dataset import RecordDataset
from segcli.sample import DataError
from tests.datasets.data import of_pairs, table_labels
from tests.datasets.tables import pixels_of, png, rows, write_parquet

LABELS = LabelMapping({0: 0, 255: 1})


def pair(folder: Path, image: tuple[int, int], mask: tuple[int, int]) -> tuple[Path, Path]:
    Image.fromarray(np.full((*image, 3), 7, np.uint8)).save(folder / "image.png")
    Image.fromarray(np.full(mask, 255, np.uint8)).save(folder / "mask.png")
    return folder / "image.png", folder / "mask.png"


def test_reads_image_and_mapped_mask(tmp_path: Path) -> None:
    dataset = of_pairs([pair(tmp_path, (4, 6), (4, 6))], LABELS)
    sample = dataset[0]
    torch.testing.assert_close(sample["image"], torch.full((3, 4, 6), 7, dtype=torch.uint8))
    torch.testing.assert_close(sample["mask"], torch.ones(4, 6, dtype=torch.uint8))
    assert (len(dataset), dataset.sizes(), dataset.paths()) == (1, [(4, 6)], [str(tmp_path / "image.png")])
    assert RecordDataset(dataset.records, table_labels(LABELS), image_mode="L")[0]["image"].shape == (1, 4, 6)


def test_a_mask_of_another_size_names_both_files(tmp_path: Path) -> None:
    dataset = of_pairs([pair(tmp_path, (4, 6), (6, 4))], LABELS)
    with pytest.raises(DataError, match=r"image\.png is 4 x 6 px, its mask .*mask\.png is 6 x 4 px"):
        dataset[0]


def test_a_stranger_in_the_mask_names_the_mask(tmp_path: Path) -> None:
    dataset = of_pairs([pair(tmp_path, (4, 6), (4, 6))], LabelMapping({0: 0, 1: 1}))
    with pytest.raises(DataError, match=r"mask\.png has mask value 255 \(24 pixels\)"):
        dataset[0]


def turned_photo(folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: 4 x 6 px on disk, 6 x 4 px to a viewer
    Image.fromarray(np.full((4, 6, 3), 7, np.uint8)).save(folder / "photo.jpg", exif=exif)
    return folder / "photo.jpg"


def test_a_turned_photo_fits_the_mask_that_was_drawn_on_what_viewers_show(tmp_path: Path) -> None:
    _, mask = pair(tmp_path, (6, 4), (6, 4))
    dataset = of_pairs([(turned_photo(tmp_path), mask)], LABELS)
    assert dataset[0]["image"].shape == (3, 6, 4)
    assert dataset[0]["mask"].shape == dataset.sizes()[0] == dataset[0]["size"] == (6, 4)


def test_a_mask_of_what_lies_on_disk_is_told_about_the_orientation(tmp_path: Path) -> None:
    _, mask = pair(tmp_path, (4, 6), (4, 6))
    dataset = of_pairs([(turned_photo(tmp_path), mask)], LABELS)
    with pytest.raises(
        DataError, match=r"photo\.jpg is 6 x 4 px.*EXIF orientation applied.*remove the EXIF orientation"
    ):
        dataset[0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_channels_may_all_lie_inside_other_files(count: int, tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "a.parquet", rows(3))
    cells = tuple(TableCell(file, f"image/{row}", "image", row) for row in range(count))
    mask = TableCell(file, "label/0", "label", 0)
    first, *more = (cell.path for cell in cells)
    record = Record("a", first, (MaskFile(mask.path, content=mask),), more=tuple(more), packed=cells)
    dataset = RecordDataset([record], table_labels(LabelMapping({0: 0, 1: 1})), image_mode="native")
    image, labels = dataset.load(0)
    np.testing.assert_array_equal(image, np.concatenate([pixels_of(png(row)) for row in range(count)], axis=-1))
    np.testing.assert_array_equal(labels, pixels_of(png(0, mask=True)))
    assert dataset.sizes() == [labels.shape]
    assert dataset.faults(0, None) == []
