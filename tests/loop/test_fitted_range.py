from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.loop.fitted_range import fitted_range
from segcli.sample import DataError
from segcli.value_range import EIGHT_BITS
from tests.datamodules.data import write_mask


def trainer(root: Path, dtype: str = "uint16", channels: int = 4, most: float = 1000) -> Any:  # noqa: ANN401
    """Return what stands for Lightning's, with prepared data."""
    rng = np.random.default_rng(0)
    for number in range(4):
        write_mask(root / "labels" / f"{number}.png", (0, 1))
        image = rng.uniform(0, most, (16, 20, channels)).astype(dtype)
        (root / "images").mkdir(exist_ok=True)
        tifffile.imwrite(root / "images" / f"{number}.tif", image, planarconfig="contig", photometric="minisblack")
    data = FolderDataModule(str(root), classes=["a", "b"], image_mode="native", val_fraction=0.25)
    data.setup("fit")
    return SimpleNamespace(datamodule=data)


def test_percentiles_are_computed_before_a_training_alone(tmp_path: Path) -> None:
    found = fitted_range("percentiles", 4, trainer(tmp_path), trains=True)
    np.testing.assert_allclose(found, [(10, 990)] * 4, rtol=0.5)
    assert fitted_range("percentiles", 4, trainer(tmp_path), trains=False) == "percentiles"
    assert fitted_range((0, 9.0), 4, trainer(tmp_path), trains=True) == (0, 9.0)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_the_range_of_8_bits_is_of_8_bits(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(DataError, match=rf"images have 4 channels of {dtype}, and model\.value_range .* is of 8 bits"):
        fitted_range(EIGHT_BITS, 4, trainer(tmp_path, dtype), trains=True)
    assert fitted_range(EIGHT_BITS, 4, trainer(tmp_path, "uint8", most=255), trains=True) == EIGHT_BITS


def test_channels_are_those_of_the_backbone(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the backbone takes 3; set model\.backbone\.in_channels to 4"):
        fitted_range("percentiles", 3, trainer(tmp_path), trains=True)


def test_a_channel_of_one_value_has_no_range(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="channel 1 of the training images has nearly everywhere the value 0"):
        fitted_range("percentiles", 4, trainer(tmp_path, most=1), trains=True)


def test_pictures_of_8_bits_are_left_alone() -> None:
    data = ShapesDataModule(train_size=2, val_size=1, image_size=32)
    data.setup("fit")
    assert fitted_range(EIGHT_BITS, 3, SimpleNamespace(datamodule=data), trains=True) == EIGHT_BITS
