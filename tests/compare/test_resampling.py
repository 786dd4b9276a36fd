import subprocess
import sys

import numpy as np
from numpy.testing import assert_array_equal

from segcli.compare.resampling import RESAMPLES, effective_number, resampled, weights


def test_a_resample_draws_as_many_images_as_there_are() -> None:
    drawn = weights(7, "a")

    assert drawn.shape == (RESAMPLES, 7)
    assert_array_equal(drawn.sum(axis=1), 7)
    assert abs(drawn.mean() - 1) < 1e-12
    assert 0.75 < drawn.var() < 0.97  # of a multinomial: 1 - 1 / N = 0.86


def test_the_same_images_have_the_same_resamples_and_others_independent_ones() -> None:
    one, other = weights(50, "a").ravel(), weights(50, "b").ravel()

    assert_array_equal(one, weights(50, "a").ravel())
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_figures_are_the_same_in_every_process() -> None:
    code = "from segcli.compare.resampling import weights; print(weights(9, 'a')[:2].tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(weights(9, "a")[:2].tolist())


def test_sums_are_those_of_the_drawn_images() -> None:
    images = np.arange(12.0).reshape(4, 3)

    found = resampled(images, "a")

    row = weights(4, "a")[5].astype(int)
    assert_array_equal(
        found[5], np.concatenate([np.repeat(images[n : n + 1], row[n], axis=0) for n in range(4)]).sum(0)
    )


def test_few_large_images_tell_less_than_many_equal_ones() -> None:
    pixels = np.array([[5.0, 100, 7, 0], [5, 1, 0, 0], [5, 1, 0, 0], [5, 0, 0, 0]])
    assert_array_equal(effective_number(pixels), [4, 102**2 / 10002, 1, 0])
