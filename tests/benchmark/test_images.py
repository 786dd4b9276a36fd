import numpy as np
import pytest

from segcli.benchmark.images import batches_of, fitted, random_images


@pytest.mark.parametrize("size", [(2, 3), (5, 4), (4, 9), (13, 1)])
def test_an_image_is_cut_or_mirrored(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
    found = fitted(image, size)
    assert (found.shape, found.dtype) == ((*size, 3), np.uint8)
    kept = min(size[0], 5), min(size[1], 4)
    assert (found[: kept[0], : kept[1]] == image[: kept[0], : kept[1]]).all()
    if size[1] > 4:
        assert (found[:4, 4:8] == image[:4, ::-1]).all()


@pytest.mark.parametrize(
    ("dtype", "least_top", "most"), [(None, 200, 255), ("uint16", 60000, 65535), ("float32", 0.9, 1)]
)
def test_noise_fills_the_range_of_its_type(dtype: str | None, least_top: float, most: float) -> None:
    first, second = random_images(2, (20, 30), 4, dtype)
    assert (first.shape, first.dtype.name) == ((20, 30, 4), dtype or "uint8")
    assert least_top < first.max() <= most
    assert 0 <= first.min() < least_top / 10
    assert (first != second).any()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_batch_begins_with_another_image(size: int) -> None:
    images = [np.full((2, 2, 1), value, np.uint8) for value in range(3)]
    batches = batches_of(images, size)
    assert [batch.shape for batch in batches] == [(size, 2, 2, 1)] * 3
    assert [[int(image[0, 0, 0]) for image in batch] for batch in batches] == [
        [(start + at) % 3 for at in range(size)] for start in range(3)
    ]
