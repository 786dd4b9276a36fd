from pathlib import Path

import cv2
import numpy as np
import pytest

from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.sample_dataset import SampleDataset
from segcli.inspection.split_statistics import object_areas, split_statistics
from segcli.sample import DataError
from tests.inspection.data import data_in, scene, write, write_data


def _areas(own: np.ndarray) -> list[int]:
    """Sizes of connected pixels by flooding, one after the other."""
    left, found = {(int(y), int(x)) for y, x in np.argwhere(own)}, []
    while left:
        edge, count = [left.pop()], 0
        while edge:
            y, x = edge.pop()
            count += 1
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge += near
        found.append(count)
    return found


def _dataset(multilabel: bool) -> tuple[SampleDataset, tuple[str, ...]]:
    data = ShapesDataModule(6, 6, 6, 48, multilabel=multilabel)
    data.prepare("train")
    return data.datasets["train"], data.classes


@pytest.mark.parametrize("multilabel", [False, True])
def test_all_is_as_a_loop_counts_it(multilabel: bool) -> None:
    dataset, classes = _dataset(multilabel)
    advanced: list[int] = []
    found = split_statistics("train", dataset, classes, lambda: advanced.append(1))
    loaded = [dataset.load(index) for index in range(len(dataset))]
    values = np.concatenate([image.reshape(-1, 3) for image, _ in loaded]) / 255
    assert (found.images, found.sizes, found.ignored, len(advanced)) == (6, {(48, 48): 6}, 0, 6)
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.std, values.std(axis=0))
    for index, one in enumerate(found.classes):
        masks = [mask[index] == 1 if multilabel else mask == index for _, mask in loaded if mask is not None]
        areas = sorted(area for own in masks for area in _areas(own))
        assert (one.name, one.pixels) == (classes[index], sum(int(own.sum()) for own in masks))
        assert one.share == pytest.approx(one.pixels / (6 * 48 * 48))
        assert one.images == sum(bool(own.any()) for own in masks)
        if not areas:
            assert one.objects is None
            continue
        assert one.objects is not None
        assert one.objects.count == len(areas)
        expected = np.percentile(areas, [5, 50, 95])
        assert (one.objects.low, one.objects.median, one.objects.high) == pytest.approx(tuple(expected))


def test_ignored_pixels_and_absent_classes_are_told(tmp_path: Path) -> None:
    mask = np.full((48, 64), 255, np.uint8)
    mask[:12, :12] = 0
    write(tmp_path, "train", "a", scene(0), mask)
    write(tmp_path, "train", "b", scene(1, 20, 30), np.full((20, 30), 255, np.uint8))
    data = data_in(tmp_path, ignore_values=[255], val_fraction=0)
    data.prepare("train")
    found = split_statistics("train", data.datasets["train"], data.classes)
    assert found.ignored == pytest.approx(1 - 144 / (48 * 64 + 600))
    assert [one.share for one in found.classes] == [1, 0, 0]
    assert [one.objects and one.objects.count for one in found.classes] == [1, None, None]
    assert found.sizes == {(48, 64): 1, (20, 30): 1}


def test_pixels_that_touch_at_corners_are_one_object() -> None:
    mask = np.eye(5, dtype=np.uint8)
    assert [areas.tolist() for areas in object_areas(mask, 3)] == [[20], [5], []]
    assert cv2.connectedComponents(mask, connectivity=4)[0] == 6


def test_a_file_at_fault_is_named(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    (folder / "train" / "images" / "b.png").write_text("no image")
    data = data_in(folder)
    data.prepare("train")
    with pytest.raises(DataError, match=r"b\.png"):
        split_statistics("train", data.datasets["train"], data.classes)
