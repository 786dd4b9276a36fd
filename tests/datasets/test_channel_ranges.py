from pathlib import Path

import numpy as np
import tifffile

from segcli.datasets.channel_ranges import MOST_IMAGES, MOST_PIXELS, channel_ranges
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.record import unlabelled


def dataset(folder: Path, count: int, size: int) -> ImageDataset:
    rng = np.random.default_rng(0)
    for number in range(count):
        image = np.stack([rng.normal(0, 1, (size, size)), rng.normal(100, 10, (size, size))], -1)
        tifffile.imwrite(folder / f"{number:03}.tif", image.astype(np.float32), planarconfig="contig")
    return ImageDataset(unlabelled(sorted(folder.glob("*.tif"))), image_mode="native")


def test_percentiles_are_those_of_all_pixels(tmp_path: Path) -> None:
    data = dataset(tmp_path, 5, 40)
    pixels = np.concatenate([data.load(index)[0].reshape(-1, 2) for index in range(5)])
    np.testing.assert_allclose(channel_ranges(data), np.percentile(pixels, (1, 99), axis=0).T, rtol=1e-5)


def test_many_images_and_pixels_are_sampled_the_same_each_time(tmp_path: Path) -> None:
    data = dataset(tmp_path, MOST_IMAGES + 9, 8)
    found = channel_ranges(data)
    assert found == channel_ranges(data)
    np.testing.assert_allclose(found, [(-2.326, 2.326), (76.74, 123.26)], rtol=0.05)
    large = tmp_path / "large"
    large.mkdir()
    assert MOST_PIXELS < 150**2
    np.testing.assert_allclose(channel_ranges(dataset(large, 4, 150)), found, rtol=0.05)
