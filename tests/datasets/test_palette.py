import itertools

import numpy as np

from segcli.datasets.palette import default_palette


def test_colours_differ_and_begin_alike() -> None:
    many = default_palette(254)
    assert many.shape == (254, 3)
    assert many.dtype == np.uint8
    assert len(np.unique(many, axis=0)) == 254
    np.testing.assert_array_equal(default_palette(7), many[:7])


def test_few_colours_are_far_apart_also_from_black_and_white() -> None:
    colours = [*default_palette(12).astype(int).tolist(), [0, 0, 0], [255, 255, 255]]
    assert min(np.abs(np.subtract(a, b)).max() for a, b in itertools.combinations(colours, 2)) >= 60
