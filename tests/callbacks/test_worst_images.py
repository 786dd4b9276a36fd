import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segcli.callbacks.worst_images import LONGER_SIDE_PX, WorstImages
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.metrics.confusion_matrix import confusion_matrices
from segcli.metrics.label_counts import label_counts
from segcli.sample import Batch

PALETTE = np.array([[0, 0, 0], [255, 0, 0]], np.uint8)


def _keep(worst: WorstImages, names: str, wrong: list[int], size: tuple[int, int] = (4, 10)) -> None:
    """Look at images of which so many pixels are wrong."""
    mask = torch.zeros(len(names), *size, dtype=torch.uint8)
    labels = mask.clone()
    for index, number in enumerate(wrong):
        labels[index].view(-1)[:number] = 1
    image = torch.full((len(names), 3, *size), 128, dtype=torch.uint8)
    batch = Batch(image=image, mask=mask, path=list(names))
    worst.keep(batch, labels, confusion_matrices(labels, mask, 2), ShapesDataModule().picture)


def _written(worst: WorstImages, folder: Path, epoch: int | None = 3) -> list[str]:
    worst.write(folder, epoch, {name: f"{name}.png" for name in "abcdefgh"}, PALETTE)
    record = json.loads((folder / "worst" / "worst.json").read_text())
    assert record["epoch"] == epoch
    assert {entry["picture"] for entry in record["images"]} == {p.name for p in (folder / "worst").glob("*.jpg")}
    return [entry["id"] for entry in record["images"]]


def test_the_worst_come_first_and_the_first_of_equals_stay(tmp_path: Path) -> None:
    worst = WorstImages(3)
    _keep(worst, "abc", [1, 9, 0])
    _keep(worst, "def", [9, 20, 9])
    assert _written(worst, tmp_path) == ["e.png", "b.png", "d.png"]
    record = json.loads((tmp_path / "worst" / "worst.json").read_text())
    assert record["images"][0]["mIoU"] == pytest.approx((20 / 40 + 0) / 2)


def test_the_next_epoch_takes_their_place(tmp_path: Path) -> None:
    worst = WorstImages(2)
    _keep(worst, "abc", [3, 2, 1])
    assert _written(worst, tmp_path) == ["a.png", "b.png"]
    worst.reset()
    _keep(worst, "a", [3])
    assert _written(worst, tmp_path, epoch=4) == ["a.png"]


def test_a_picture_shows_image_truth_and_prediction_reduced(tmp_path: Path) -> None:
    worst = WorstImages(1)
    _keep(worst, "a", [320 * 640], size=(320, 1280))
    _written(worst, tmp_path, epoch=None)
    with Image.open(tmp_path / "worst" / "01.jpg") as picture:
        assert picture.height == LONGER_SIDE_PX // 4
        assert picture.width == pytest.approx(3 * LONGER_SIDE_PX, abs=6)
        pixels = np.asarray(picture).astype(int)
    truth, prediction = pixels[:, LONGER_SIDE_PX + 10 : 2 * LONGER_SIDE_PX], pixels[:, 2 * LONGER_SIDE_PX + 10 :]
    assert abs(truth[..., 0] - truth[..., 1]).max() < 10  # of no colour
    assert (prediction[: len(pixels) // 2 - 10, :, 0] - prediction[: len(pixels) // 2 - 10, :, 1]).min() > 50


def test_masks_of_several_labels_are_drawn(tmp_path: Path) -> None:
    worst = WorstImages(1)
    mask = torch.zeros(1, 2, 8, 8, dtype=torch.uint8)
    labels = mask.clone()
    labels[0, 1] = 1
    batch = Batch(image=torch.zeros(1, 3, 8, 8, dtype=torch.uint8), mask=mask, path=["a"])
    worst.keep(batch, labels, label_counts(labels, mask), ShapesDataModule().picture)
    assert _written(worst, tmp_path) == ["a.png"]


def test_none_is_kept_where_none_is_wanted(tmp_path: Path) -> None:
    worst = WorstImages(0)
    _keep(worst, "a", [3])
    worst.write(tmp_path, 1, {}, PALETTE)
    assert not list(tmp_path.iterdir())
