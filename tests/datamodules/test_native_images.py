from pathlib import Path

import albumentations as A
import numpy as np
import pytest
import tifffile

from segcli.datamodules.native_images import require_native
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.record import unlabelled
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose


def test_transforms_and_pictures_must_suit_the_images(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((16, 16, 5), np.uint16), planarconfig="contig")
    dataset = ImageDataset(unlabelled([tmp_path / "a.tif"]), image_mode="native")
    require_native(dataset, SeededCompose([A.HorizontalFlip()]), [5, 4, 3])
    with pytest.raises(DataError, match="ColorJitter cannot take images of 5 channels of uint16"):
        require_native(dataset, SeededCompose([A.ColorJitter()]), None)
    with pytest.raises(DataError, match="counted 1 to 5"):
        require_native(dataset, SeededCompose(None), [6])


def test_images_at_fault_are_told_later_unless_all_are(tmp_path: Path) -> None:
    (tmp_path / "a.tif").touch()
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((16, 16), np.uint16))
    dataset = ImageDataset(unlabelled([tmp_path / "a.tif", tmp_path / "b.tif"]), image_mode="native")
    require_native(dataset, SeededCompose(None), None)
    with pytest.raises(DataError, match=r"a\.tif"):
        require_native(ImageDataset(unlabelled([tmp_path / "a.tif"]), image_mode="native"), SeededCompose(None), None)


def test_all_splits_have_one_form(tmp_path: Path) -> None:
    for name, dtype in (("a", np.uint16), ("b", np.uint8)):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((16, 16), dtype))
    one, other = (ImageDataset(unlabelled([tmp_path / f"{name}.tif"]), image_mode="native") for name in "ab")
    require_native(one, SeededCompose(None), None, [one])
    with pytest.raises(DataError, match=r"b\.tif has 1 channel of uint8, and the first image of the data .* uint16"):
        require_native(other, SeededCompose(None), None, [one])


def test_the_range_of_floats_is_that_of_more_than_the_first(tmp_path: Path) -> None:
    for number, high in enumerate((0.9, 40.0, 40.0)):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.linspace(0, high, 256, dtype=np.float32).reshape(16, 16))
    dataset = ImageDataset(unlabelled(sorted(tmp_path.glob("*.tif"))), image_mode="native")
    with pytest.raises(DataError, match="cuts floats to 0 to 1, and images have 0 to 40"):
        require_native(dataset, SeededCompose([A.RandomBrightnessContrast()]), None)
