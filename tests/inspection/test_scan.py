from pathlib import Path

import numpy as np

from segcli.datasets.class_counts import mask_counts
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
