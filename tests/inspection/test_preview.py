from pathlib import Path

import albumentations as A
import numpy as np
import pytest
import tifffile
from PIL import Image

from segcli.datamodules.segmentation_data_module import Split
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.label_table import label_table
from segcli.datasets.record import paired
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import TableLabels
from segcli.inference.picture import as_picture, legend, overlay
from segcli.inspection.preview import LONGEST_PX, MARK, marked, png, preview, spread_indices
from tests.inspection.data import data_in, labels, scene, write

TITLE_PX = 18 + 2


@pytest.mark.parametrize(
    ("length", "number", "expected"), [(10, 4, [0, 2, 5, 7]), (3, 9, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (7, 1, [0])]
)
def test_indices_are_spread(length: int, number: int, expected: list[int]) -> None:
    assert spread_indices(length, number) == expected


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("multilabel", [False, True])
def test_the_pixels_are_those_that_the_model_gets(split: Split, multilabel: bool) -> None:
    turned = [A.HorizontalFlip(p=0.5), A.RandomCrop(40, 40)]
    data = ShapesDataModule(8, 8, 8, 64, train_transforms=turned, multilabel=multilabel)
    data.prepare(split)
    dataset = data.datasets[split]
    drawn = preview(dataset, [1, 5], data.palette, data.classes)
    side = 40 if split == "train" else 64
    for column, index in enumerate((1, 5)):
        sample = dataset[(0, index)]
        image, mask = sample["image"].permute(1, 2, 0).numpy(), sample["mask"].numpy()
        left = column * (2 * side + 2 + 6)
        shown = drawn[TITLE_PX : TITLE_PX + side, left : left + 2 * side + 2]
        assert np.array_equal(shown[:, :side], image)
        assert np.array_equal(shown[:, side + 2 :], overlay(image, mask, data.palette))
    below = legend(data.classes, data.palette, drawn.shape[1])
    assert np.array_equal(drawn[-below.shape[0] :], below)


def test_ignored_pixels_are_striped_and_stand_in_the_legend(tmp_path: Path) -> None:
    mask = labels(values=(0, 1, 2))
    mask[:, :20] = 255
    write(tmp_path, "train", "a", scene(0), mask)
    data = data_in(tmp_path, ignore_values=[255], val_fraction=0)
    data.prepare("train")
    sample = data.datasets["train"][(0, 0)]
    image = sample["image"].permute(1, 2, 0).numpy()
    shown = marked(image, sample["mask"].numpy(), data.palette)
    stripes = (shown == MARK).all(axis=-1)
    assert 0.2 < stripes[:, :20].mean() < 0.3
    assert not stripes[:, 20:].any()
    drawn = preview(data.datasets["train"], [0], data.palette, data.classes)
    colours = np.concatenate([data.palette, [MARK]]).astype(np.uint8)
    below = legend([*data.classes, "ignored"], colours, drawn.shape[1])
    assert np.array_equal(drawn[-below.shape[0] :], below)


def test_several_labels_are_marked_where_nothing_is_known() -> None:
    masks = np.zeros((2, 16, 16), np.uint8)
    masks[0, :8], masks[1, :8] = 255, 0
    shown = marked(scene(0, 16, 16), masks, np.array([(255, 0, 0), (0, 255, 0)], np.uint8))
    stripes = (shown == MARK).all(axis=-1)
    assert stripes[:8].any()
    assert not stripes[8:].any()


def test_of_large_images_every_second_pixel_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "train", "a" * 200, scene(0, 60, LONGEST_PX + 1))
    data = data_in(tmp_path, val_fraction=0)
    data.prepare("train")
    drawn = preview(data.datasets["train"], [0], data.palette, data.classes)
    image = data.datasets["train"].load(0)[0]
    assert np.array_equal(drawn[TITLE_PX : TITLE_PX + 30, : LONGEST_PX // 2 + 1], image[::2, ::2])


def test_rows_are_as_wide_as_a_screen(tmp_path: Path) -> None:
    data = ShapesDataModule(40, 4, 4, 96)
    data.prepare("train")
    drawn = preview(data.datasets["train"], range(40), data.palette, data.classes)
    assert drawn.shape[1] <= 2000
    assert png(drawn).startswith(b"\x89PNG")


def test_the_channels_that_are_asked_for_are_shown(tmp_path: Path) -> None:
    """Of five bands of 16 bits, of which the fifth alone is not dark."""
    bands = np.zeros((40, 60, 5), np.uint16)
    bands[..., 4] = np.linspace(0, 9000, 60)
    image, mask = tmp_path / "a.tif", tmp_path / "a.png"
    tifffile.imwrite(image, bands, planarconfig="contig", photometric="minisblack")
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(mask)
    dataset = RecordDataset(paired([(image, mask)]), TableLabels(label_table(["a"], None)), None, "native")
    colours = np.zeros((1, 3), np.uint8)
    first, fifth = (preview(dataset, [0], colours, ["a"], channels) for channels in (None, [5]))
    place = np.s_[TITLE_PX : TITLE_PX + 40, :60]
    assert not first[place].any()
    np.testing.assert_array_equal(fifth[place], as_picture(bands, [5]))
    assert fifth[place].max() == 255
