import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datasets.class_counts import ClassCounts, count_classes, mask_counts
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.shapes_dataset import ShapesDataset
from segcli.sample import IGNORE_INDEX

Mask = NDArray[np.uint8]


class Masks(SampleDataset):
    def __init__(self, *masks: list) -> None:  # type: ignore[type-arg]  # of lists of numbers
        super().__init__()
        self.masks = [np.array(mask, np.uint8) for mask in masks]

    def __len__(self) -> int:
        return len(self.masks)

    def paths(self) -> list[str]:
        return [str(index) for index in range(len(self))]

    def sizes(self) -> list[tuple[int, int]]:
        return [mask.shape[-2:] for mask in self.masks]

    def load(self, index: int) -> tuple[Mask, Mask]:
        return np.zeros((*self.sizes()[index], 3), np.uint8), self.masks[index]


def test_pixels_of_classes_are_counted_and_of_images_that_hold_them() -> None:
    data = Masks([[0, 0, 1, IGNORE_INDEX]], [[0, 0, 0, 0]], [[IGNORE_INDEX] * 4])

    counts = count_classes(data, ("a", "b", "c"))

    assert counts == (("a", "b", "c"), (6, 1, 0), (7, 7, 7), (7, 3, 0), (2, 1, 0))


def test_labels_are_counted_each_in_its_channel() -> None:
    data = Masks([[[0, 1]], [[1, 1]]], [[[0, 0]], [[IGNORE_INDEX, 1]]])

    assert count_classes(data, ("a", "b")) == (("a", "b"), (1, 3), (4, 3), (2, 3), (1, 2))


@pytest.mark.parametrize("multilabel", [False, True])
def test_counts_are_those_of_the_masks(multilabel: bool) -> None:
    data = ShapesDataset("train", 5, 32, 0, multilabel=multilabel)
    names = ("circle", "square", "triangle") if multilabel else ("background", "circle", "square", "triangle")
    masks = np.stack([mask for index in range(5) if (mask := data.load_mask(index)) is not None])

    pixels = [int((masks[:, k] == 1 if multilabel else masks == k).sum()) for k in range(len(names))]

    assert list(count_classes(data, names).pixels) == pixels


def test_counts_of_images_are_summed() -> None:
    masks = [np.array([[0, 0, 255]], np.uint8), np.array([[1, 1, 1]], np.uint8)]
    found = ClassCounts.of(np.stack([mask_counts(mask, 3) for mask in masks]), ("a", "b", "c"))
    assert found == count_classes(Masks(*(mask.tolist() for mask in masks)), ("a", "b", "c"))
    assert (found.pixels, found.seen, found.images) == ((2, 3, 0), (5, 5, 5), (1, 1, 0))
