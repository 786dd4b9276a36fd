from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from segcli.datasets.class_counts import mask_counts
from segcli.datasets.label_table import label_table
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import TableLabels
from segcli.inspection.perceptual_hash import perceptual_hash
from segcli.inspection.scan import scan
from tests.inspection.data import data_in, scene, write, write_data


def test_every_image_is_read_once_and_counted_in_order(tmp_path: Path) -> None:
    data = data_in(write_data(tmp_path))
    data.prepare("train")
    advanced: list[int] = []
    found = scan("train", data.datasets["train"], 3, lambda: advanced.append(1))
    assert len(advanced) == len(found.images) == 4
    for index, image in enumerate(found.images):
        picture, mask = data.datasets["train"].load(index)
        known, expected = image.hash, perceptual_hash(picture)
        assert mask is not None
        assert known is not None
        assert expected is not None
        assert image.counts is not None
        assert image.size == (48, 64)
        assert np.array_equal(known.bits, expected.bits)
        assert np.array_equal(image.counts, mask_counts(mask, 3))
    assert len({image.digest for image in found.images}) == 4
    assert found.check.faults == []


def test_of_a_file_at_fault_the_rest_is_known(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "train", "b", scene(1), np.full((48, 64), 9, np.uint8))
    data = data_in(folder)
    data.prepare("train")
    found = scan("train", data.datasets["train"], 3)
    assert [image.counts is None for image in found.images] == [False, True, False, False]
    assert [index for index, _ in found.check.faults] == [1]


def test_images_of_several_files_are_copies_if_all_are(tmp_path: Path) -> None:
    """The first channel is the same in both."""
    for name, value in (("a", 1), ("b", 2)):
        for channel, pixels in enumerate((0, value)):
            tifffile.imwrite(tmp_path / f"{name}{channel}.tif", np.full((8, 8), pixels, np.uint16))
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / f"{name}.png")
    records = [
        Record(
            name, tmp_path / f"{name}0.tif", (MaskFile(tmp_path / f"{name}.png"),), more=(tmp_path / f"{name}1.tif",)
        )
        for name in "ab"
    ]
    dataset = RecordDataset(records, TableLabels(label_table(["a"], None)), None, "native")
    first, second = scan("train", dataset, 1).images
    assert first.digest != second.digest
