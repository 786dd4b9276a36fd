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
