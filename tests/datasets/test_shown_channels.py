import numpy as np
import pytest

from segcli.datasets.image_channels import ImageForm
from segcli.datasets.shown_channels import require_shown, shown_channels
from segcli.sample import DataError

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 8, 5), dtype=np.uint8)


def test_eight_bits_are_shown_as_they_are() -> None:
    np.testing.assert_array_equal(shown_channels(IMAGE), IMAGE[..., :3])
    np.testing.assert_array_equal(shown_channels(IMAGE, [4, 3, 2]), IMAGE[..., [3, 2, 1]])
    np.testing.assert_array_equal(shown_channels(IMAGE, [5]), IMAGE[..., 4])
    np.testing.assert_array_equal(shown_channels(IMAGE[..., :2]), IMAGE[..., 0])
    np.testing.assert_array_equal(shown_channels(IMAGE[..., 0]), IMAGE[..., 0])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_others_are_stretched_channel_by_channel(dtype: type) -> None:
    image = np.stack([np.linspace(low, high, 1000).reshape(20, 50) for low, high in ((0, 9), (500, 900), (7, 7))], -1)
    shown = shown_channels(image.astype(dtype))
    assert shown.dtype == np.uint8
    assert shown[..., 1].min() == 0
    assert shown[..., 1].max() == 255
    assert abs(int(shown[10, 0, 1]) - 127) <= 1
    assert not shown[..., 2].any()  # of one value


@pytest.mark.parametrize("channels", [[], [1, 2], [0, 1, 2], [3, 4, 6], [-1]])
def test_channels_that_are_not_there_are_refused(channels: list[int]) -> None:
    with pytest.raises(DataError, match=r"data\.display_channels got .*counted 1 to 5"):
        require_shown(channels, "native", ImageForm(5, "uint16"))


def test_modes_of_pictures_say_what_is_shown() -> None:
    require_shown(None, "RGB")
    require_shown([9, 8, 7], "native")
    with pytest.raises(DataError, match=r"expected none where data\.image_mode is L"):
        require_shown([1], "L")
