import random
from typing import Any

import albumentations as A
import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.transforms.random_scaled_crop import RandomScaledCrop

Array = NDArray[Any]


def ramp(height: int, width: int) -> tuple[Array, Array]:
    """An image whose two channels are the source row and column, and a mask of 8 px columns."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([rows, columns], axis=-1), (columns // 8).astype(np.uint8)


def seeded(crop: RandomScaledCrop, seed: int) -> A.Compose:
    compose = A.Compose([crop])
    compose.set_random_seed(seed)
    return compose


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("source", [(90, 120), (30, 200), (20, 20)])
def test_image_and_mask_show_the_same_source_pixels(seed: int, source: tuple[int, int]) -> None:
    image, mask = ramp(*source)
    result = seeded(RandomScaledCrop((48, 64)), seed)(image=image, mask=mask)

    assert result["image"].shape == (48, 64, 2)
    assert result["mask"].shape == (48, 64)
    inside = result["mask"] != 255
    column = result["image"][..., 1]
    expected = np.rint(column) // 8
    near_border = np.abs((column + 0.5) % 8 - 4) > 3  # within a pixel of where the mask changes
    assert (expected == result["mask"])[inside & ~near_border].all()
    assert (result["image"][~inside] == 0).all()


def test_scale_is_uniform_between_its_limits() -> None:
    image, mask = ramp(200, 200)
    scales = []
    for seed in range(400):
        result = seeded(RandomScaledCrop(64, scale=(0.5, 2.0)), seed)(image=image, mask=mask)
        columns = result["image"][32, :, 1]
        scales.append(1 / np.median(np.diff(columns)))
    scales = np.array(scales)
    assert 0.49 < scales.min() < 0.53
    assert 1.95 < scales.max() < 2.1
    assert abs(scales.mean() - 1.25) < 0.07
    assert abs((scales < 1.25).mean() - 0.5) < 0.08


def test_windows_are_spread_like_those_of_scaling_the_whole_image() -> None:
    image, mask = ramp(100, 100)
    ours = RandomScaledCrop(64, scale=(0.5, 2.0))
    theirs = A.Compose(
        [
            A.RandomScale((-0.5, 1.0), p=1.0),
            A.PadIfNeeded(64, 64, fill=0, fill_mask=255),
            A.RandomCrop(64, 64),
        ]
    )

    def statistics(compose: A.Compose) -> Array:
        values = []
        for seed in range(300):
            # a transform of theirs would draw scale and position from equal streams after set_random_seed
            compose.set_random_state(np.random.default_rng(seed), random.Random(seed))
            result = compose(image=image, mask=mask)
            inside = result["mask"] != 255
            column = result["image"][..., 1][inside]
            values.append((inside.mean(), column.min(), column.max()))
        return np.array(values)

    mine, reference = statistics(A.Compose([ours])), statistics(theirs)
    unit = np.array([1, 100, 100])
    np.testing.assert_allclose(mine.mean(axis=0) / unit, reference.mean(axis=0) / unit, atol=0.04)
    np.testing.assert_allclose(mine.std(axis=0) / unit, reference.std(axis=0) / unit, atol=0.04)


def test_padding_is_centred_with_0_and_255() -> None:
    image, mask = np.full((40, 40, 3), 9, np.uint8), np.ones((40, 40), np.uint8)
    result = seeded(RandomScaledCrop(64, scale=(1.0, 1.0)), 0)(image=image, mask=mask)
    expected = np.full((64, 64), 255, np.uint8)
    expected[12:52, 12:52] = 1
    np.testing.assert_array_equal(result["mask"], expected)
    np.testing.assert_array_equal(result["image"], np.where(expected == 1, 9, 0)[..., None].repeat(3, -1))


def test_scale_1_cuts_out_source_pixels_unchanged() -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    crop = seeded(RandomScaledCrop(32, scale=(1.0, 1.0)), 3)(image=image, mask=image[..., 0])
    windows = np.lib.stride_tricks.sliding_window_view(image, (32, 32, 3)).reshape(-1, 32, 32, 3)
    assert (windows == crop["image"]).all(axis=(1, 2, 3)).sum() == 1
    np.testing.assert_array_equal(crop["image"][..., 0], crop["mask"])


@pytest.mark.parametrize("shape", [(50, 60), (50, 60, 1), (50, 60, 7)])
def test_any_number_of_channels(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    result = seeded(RandomScaledCrop(32), 0)(image=image, mask=np.zeros((50, 60), np.uint8))
    assert result["image"].shape == (32, 32, *shape[2:])


def test_equal_seeds_give_equal_crops_and_others_do_not() -> None:
    image = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    first, again, other = (seeded(RandomScaledCrop(32), seed)(image=image)["image"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": 0}, "size 0"), ({"size": 8, "scale": (0.0, 1.0)}, "scale"), ({"size": 8, "scale": (2.0, 1.0)}, "scale")],
)
def test_refuses_nonsense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RandomScaledCrop(**arguments)


def test_parses_as_an_element_of_a_typed_list() -> None:
    jsonargparse = pytest.importorskip("jsonargparse")
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--transforms", type=list[A.BasicTransform | A.BaseCompose] | None)
    parsed = parser.parse_object(
        {
            "transforms": [
                {
                    "class_path": "segcli.transforms.random_scaled_crop.RandomScaledCrop",
                    "init_args": {"size": [24, 32], "scale": [0.5, 1.5]},
                }
            ]
        }
    )
    (crop,) = parser.instantiate(parsed).transforms
    assert (crop.size, crop.scale, crop.p) == ((24, 32), (0.5, 1.5), 1.0)
    with pytest.raises(jsonargparse.ArgumentError, match="sise"):
        parser.parse_object(
            {
                "transforms": [
                    {
                        "class_path": "segcli.transforms.random_scaled_crop.RandomScaledCrop",
                        "init_args": {"sise": 3},
                    }
                ]
            }
        )


def test_shrinking_by_nearest_neighbour_takes_the_pixel_at_the_centre() -> None:
    mask = np.arange(64, dtype=np.uint8)[None].repeat(64, 0)
    result = seeded(RandomScaledCrop(16, scale=(0.25, 0.25)), 0)(image=mask, mask=mask)
    offset = result["mask"].astype(float) - (4 * np.arange(16) + 1.5)
    assert np.abs(offset).max() <= 0.5
