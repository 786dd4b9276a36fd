import os
from pathlib import Path

import numpy as np
import pytest
import torch

from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.sample import IGNORE_INDEX, DataError
from tests.datamodules.data import write_image, write_pairs

CAMVID = Path(os.environ.get("SEGCLI_TEST_DATA", "../shared")) / "data" / "camvid"


def small(root: Path) -> Path:
    for split in ("train", "val"):
        write_pairs(root / split, root / f"{split}annot", ["a", "b", "c"], tuple(range(12)))
    return root


def test_11_is_void(tmp_path: Path) -> None:
    data = CamVidDataModule(str(small(tmp_path)))
    data.setup("fit")
    assert data.datasets["train"][0]["mask"][0, :12].tolist() == [*range(11), IGNORE_INDEX]
    assert len(data.classes) == len(data.palette) == 11
    assert data.classes[3] == "road"


def test_a_limit_applies_to_training_only(tmp_path: Path) -> None:
    data = CamVidDataModule(str(small(tmp_path)), limit=2)
    data.setup("fit")
    assert (len(data.datasets["train"]), len(data.datasets["val"])) == (2, 3)


def test_no_test_split_is_fine_until_it_is_asked_for(tmp_path: Path) -> None:
    data = CamVidDataModule(str(small(tmp_path)))
    data.setup("fit")
    with pytest.raises(DataError, match=r"CamVid has no test split: .*contains train/, trainannot/, val/, valannot/"):
        data.setup("test")


def test_missing_masks_and_a_wrong_root_are_explained(tmp_path: Path) -> None:
    (small(tmp_path / "camvid") / "trainannot" / "b.png").unlink()
    with pytest.raises(DataError, match=r"1 images have no mask .*trainannot: b\.png"):
        CamVidDataModule(str(tmp_path / "camvid")).setup("fit")
    with pytest.raises(DataError, match=r"(?s)wrong is missing or empty; .* contains camvid/.*correct data\.root"):
        CamVidDataModule(str(tmp_path / "wrong")).setup("fit")


def test_predict_reads_test_or_root_without_masks(tmp_path: Path) -> None:
    write_image(tmp_path / "new.png")
    data = CamVidDataModule(str(tmp_path))
    data.setup("predict")
    assert data.datasets["predict"].paths() == [str(tmp_path / "new.png")]
    write_image(tmp_path / "test" / "t.png")
    data.setup("predict")
    assert data.datasets["predict"].paths() == [str(tmp_path / "test" / "t.png")]


@pytest.mark.skipif(not CAMVID.is_dir(), reason="CamVid is not there; SEGCLI_TEST_DATA names the folder above data/")
def test_the_real_data_set() -> None:
    data = CamVidDataModule(str(CAMVID), batch_size=16)
    data.setup("fit")
    assert (len(data.datasets["train"]), len(data.datasets["val"])) == (367, 101)
    batch = next(iter(data.val_dataloader()))
    assert batch["image"].shape == (16, 3, 360, 480)
    counts = np.bincount(batch["mask"].flatten().numpy(), minlength=256)
    assert counts[:11].sum() + counts[IGNORE_INDEX] == 16 * 360 * 480
    assert counts[3] > counts[2]  # more road than poles
    assert batch["image"].dtype == torch.uint8
