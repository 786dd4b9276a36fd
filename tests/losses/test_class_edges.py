import pytest
import torch
from torch import Tensor

from segcli.losses.class_edges import class_edges
from segcli.sample import IGNORE_INDEX


def by_pixel(mask: Tensor, radius: int) -> Tensor:
    """The definition, pixel by pixel, of a ``(H, W)`` mask."""
    height, width = mask.shape
    found = torch.zeros(height, width, dtype=torch.uint8)
    for row in range(height):
        for column in range(width):
            near = mask[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1]
            found[row, column] = IGNORE_INDEX if (near == IGNORE_INDEX).any() else near.unique().numel() > 1
    return found


def some_mask() -> Tensor:
    mask = torch.zeros(2, 12, 17, dtype=torch.uint8)
    mask[0, 3:7, 4:] = 3
    mask[0, 7:, 10:] = 1
    mask[0, 0, 16] = IGNORE_INDEX
    mask[1, :, 8:] = 2
    mask[1, 9:, :2] = IGNORE_INDEX
    return mask


@pytest.mark.parametrize("radius", [1, 2, 5])
def test_edges_are_those_of_the_definition(radius: int) -> None:
    mask = some_mask()

    found = class_edges(mask, radius)

    assert found.dtype == torch.uint8
    assert torch.equal(found, torch.stack([by_pixel(each, radius) for each in mask]))
    assert {0, 1, IGNORE_INDEX} >= set(found.unique().tolist())


def test_an_edge_is_twice_as_wide_as_the_radius() -> None:
    assert class_edges(some_mask(), 2)[1, 0].nonzero().flatten().tolist() == [6, 7, 8, 9]


def test_edges_of_any_label_count_and_pixels_that_are_ignored_for_any_do_not() -> None:
    labels = torch.zeros(1, 2, 1, 7, dtype=torch.uint8)
    labels[0, 0, 0, 2:] = 1
    labels[0, 1, 0, 6] = IGNORE_INDEX

    assert class_edges(labels, 1).tolist() == [[[0, 1, 1, 0, 0, IGNORE_INDEX, IGNORE_INDEX]]]


def test_one_pixel_has_no_edge() -> None:
    assert class_edges(torch.ones(1, 1, 1, dtype=torch.uint8), 2).tolist() == [[[0]]]
