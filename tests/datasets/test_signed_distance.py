import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]

from segcli.datasets.signed_distance import signed_distances
from segcli.sample import IGNORE_INDEX

Mask = NDArray[np.uint8]


def reference(inside: NDArray[np.bool_], ignored: NDArray[np.bool_]) -> NDArray[np.float64]:
    outside = ~inside & ~ignored
    if not (inside.any() and outside.any()):
        return np.zeros(inside.shape)
    from_inside = ndimage.distance_transform_edt(~inside) - 0.5
    return np.where(outside, from_inside, np.where(inside, 0.5 - ndimage.distance_transform_edt(~outside), 0))


def blobs(shape: tuple[int, int], classes: int) -> Mask:
    noise = np.random.default_rng(0).standard_normal((classes, *shape))
    smooth = np.stack([ndimage.gaussian_filter(each, 3) for each in noise])
    return smooth.argmax(axis=0).astype(np.uint8)


@pytest.mark.parametrize("shape", [(40, 61), (1, 30), (30, 1), (150, 200)])
def test_equals_scipys_distances_from_both_sides(shape: tuple[int, int]) -> None:
    mask = blobs(shape, 4)
    mask[mask == 3] = IGNORE_INDEX

    found = signed_distances(mask, 4)

    for label in range(4):
        expected = reference(mask == label, mask == IGNORE_INDEX)
        np.testing.assert_allclose(found[label], expected, atol=2e-5)
        assert np.array_equal(found[label] < 0, (mask == label) & expected.any())


def test_one_row_by_hand() -> None:
    mask = np.array([[0, 0, 1, IGNORE_INDEX, 0]], np.uint8)

    assert signed_distances(mask, 1).tolist() == [[[1.5, 0.5, -0.5, 0, 1.5]]]
    assert signed_distances(mask, 2).tolist() == [[[-1.5, -0.5, 0.5, 0, -1.5]], [[1.5, 0.5, -0.5, 0, 1.5]]]


def test_labels_may_overlap() -> None:
    mask = np.array([[[1, 1, 0]], [[0, 1, IGNORE_INDEX]]], np.uint8)

    assert signed_distances(mask, 2).tolist() == [[[-1.5, -0.5, 0.5]], [[0.5, -0.5, 0]]]


@pytest.mark.parametrize("value", [0, 1, 2, IGNORE_INDEX])
def test_without_a_boundary_there_is_no_distance(value: int) -> None:
    assert not signed_distances(np.full((5, 7), value, np.uint8), 3).any()


def test_equal_masks_have_equal_distances_wherever_they_lie_in_memory() -> None:
    mask = blobs((32, 32), 3)
    found, kept = [], []
    for size in range(60):  # what is in memory already moves what comes next
        kept.append(np.empty(size * 36, np.uint8))
        found.append(signed_distances(mask.copy(), 3))
    assert all(np.array_equal(each, found[0]) for each in found)
