import numpy as np
import pytest

from segcli.inference.picture import as_picture, colourise, comparison_grid, grid, legend, overlay

PALETTE = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)


def test_classes_get_their_colours_and_ignored_pixels_black() -> None:
    assert colourise(np.array([[0, 1, 255]], np.uint8), PALETTE).tolist() == [[[10, 20, 30], [200, 100, 0], [0, 0, 0]]]
    with pytest.raises(ValueError, match="class 2, expected at most 1"):
        colourise(np.array([[2]], np.uint8), PALETTE)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, [100, 100, 100]), (1.0, [200, 100, 0]), (0.5, [150, 100, 50])])
def test_overlay_blends_by_alpha_but_leaves_ignored_pixels(alpha: float, expected: list[int]) -> None:
    image = np.full((1, 2, 3), 100, np.uint8)
    before = image.copy()
    assert overlay(image, np.array([[1, 255]], np.uint8), PALETTE, alpha).tolist() == [[expected, [100, 100, 100]]]
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,), (7,)])
def test_images_of_any_channels_can_be_shown(channels: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, 3, *channels), dtype=np.uint8)
    picture = as_picture(image)
    assert picture.shape == (2, 3, 3)
    np.testing.assert_array_equal(picture[..., 0], image.reshape(2, 3, -1)[..., 0])


def test_grid_places_pictures_of_different_sizes() -> None:
    small, large = np.zeros((2, 3, 3), np.uint8), np.ones((4, 5, 3), np.uint8)
    picture = grid([[small, large], [large]], separator_px=2)
    assert picture.shape == (4 + 2 + 4, 3 + 2 + 5, 3)
    assert (picture[:2, :3] == 0).all()
    assert (picture[:4, 5:] == 1).all()
    assert (picture[6:, :5] == 1).all()
    for white in (picture[2:4, :3], picture[:, 3:5][:4], picture[4:6], picture[6:, 5:]):
        assert (white == 255).all()


def test_legend_shows_every_colour_and_wraps() -> None:
    wide = legend(["sky", "road"], PALETTE, 400)
    narrow = legend(["sky", "road"], PALETTE, 60)
    assert wide.shape == (18, 400, 3)
    assert narrow.shape == (36, 60, 3)
    for strip in (wide, narrow):
        for colour in PALETTE:
            assert (strip == colour).all(axis=-1).sum() == 12 * 12


def test_comparison_has_a_row_per_panel_and_the_truth_where_there_is_one() -> None:
    image, labels = np.zeros((40, 200, 3), np.uint8), np.ones((40, 200), np.uint8)
    with_truth = comparison_grid([(image, labels, 1 - labels)] * 2, PALETTE, ["sky", "road"], alpha=1.0)
    assert with_truth.size == (3 * 200 + 2 * 2, 2 * 40 + 2 + 2 + 18)
    pixels = np.asarray(with_truth)
    assert [pixels[20, x].tolist() for x in (100, 300, 500)] == [[0, 0, 0], [200, 100, 0], [10, 20, 30]]
    assert comparison_grid([(image, None, labels)], PALETTE, ["sky", "road"]).size[0] == 2 * 200 + 2
