import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segcli.metrics.surfaces import inner_boundary, surface_distances
from tests.metrics import reference

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def drawn(seed: int, density: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    shape = tuple(generator.integers(1, 60, 2))
    ignored = generator.random(shape) < 0.1
    return (*((generator.random(shape) < density) & ~ignored for _ in range(2)), ignored)


@pytest.mark.parametrize("seed", range(12))
def test_surfaces_and_distances_are_those_of_scipy(seed: int) -> None:
    truth, predicted, ignored = drawn(seed, (0.003, 0.05, 0.5, 0.97)[seed % 4])
    surfaces = [reference.surface(region, ignored) for region in (truth, predicted)]
    for region, expected in zip((truth, predicted), surfaces, strict=True):
        assert_array_equal(inner_boundary(region, ignored, CROSS), expected)
    found = surface_distances(truth, predicted, ignored)
    if all(surface.any() for surface in surfaces):
        assert_allclose(found.of_truth, reference.distances(*surfaces), rtol=0, atol=1e-9)
        assert_allclose(found.of_prediction, reference.distances(*surfaces[::-1]), rtol=0, atol=1e-9)
    else:
        assert np.isinf(np.concatenate(found)).all()


def test_far_surfaces_are_exactly_as_far_as_they_are() -> None:
    truth, predicted = np.zeros((1500, 1400), bool), np.zeros((1500, 1400), bool)
    truth[0, 0], predicted[1499, 1397] = True, True

    (distance,) = surface_distances(truth, predicted, np.zeros_like(truth)).of_truth

    assert distance == np.hypot(1499, 1397)


def test_what_ignored_pixels_surround_has_no_surface() -> None:
    ignored = np.ones((5, 5), bool)
    ignored[2, 2] = False
    region = ~ignored

    assert not inner_boundary(region, ignored, CROSS).any()
    assert inner_boundary(region, np.zeros_like(ignored), CROSS).any()


def test_beyond_the_image_is_outside() -> None:
    whole = np.ones((4, 4), bool)

    found = inner_boundary(whole, ~whole, CROSS)

    assert found.sum() == 12
    assert not found[1:3, 1:3].any()
