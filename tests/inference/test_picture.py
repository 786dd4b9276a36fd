import numpy as np
import pytest
from PIL import Image

from segcli.inference.picture import (
    as_picture,
    colourise,
    comparison_grid,
    grid,
    legend,
    overlay,
    striped,
    title,
)

PALETTE = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)


def test_classes_get_their_colours_and_ignored_pixels_black() -> None:
    assert colourise(np.array([[0, 1, 255]], np.uint8), PALETTE).tolist() == [[[10, 20, 30], [200, 100, 0], [0, 0, 0]]]
    with pytest.raises(ValueError, match="class 2, expected at most 1"):
        colourise(np.array([[2]], np.uint8), PALETTE)


def test_overlay_shows_brightness_under_the_classes_whatever_the_images_colour() -> None:
    primaries = np.eye(3, dtype=np.uint8)[None] * 200
    blended = overlay(primaries, np.zeros((1, 3), np.uint8), PALETTE)[0]
    for pixel, luma in zip(blended, (0.299, 0.587, 0.114), strict=True):
        np.testing.assert_allclose(pixel, (200 * luma + PALETTE[0]) / 2, atol=0.51)
    np.testing.assert_array_equal(overlay(primaries, np.full((1, 3), 255, np.uint8), PALETTE), primaries)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, [100, 100, 100]), (1.0, [200, 100, 0]), (0.5, [150, 100, 50])])
def test_overlay_blends_by_alpha_but_leaves_ignored_pixels(alpha: float, expected: list[int]) -> None:
    image = np.full((1, 2, 3), 100, np.uint8)
    before = image.copy()
    assert overlay(image, np.array([[1, 255]], np.uint8), PALETTE, alpha).tolist() == [[expected, [100, 100, 100]]]
    np.testing.assert_array_equal(image, before)


def test_classes_that_overlap_take_turns_in_stripes() -> None:
    masks = np.zeros((3, 16, 24), np.uint8)
    masks[0, :, :12], masks[2, :, 6:18] = 1, 1
    labels = striped(masks)
    assert (labels[:, :6] == 0).all()
    assert (labels[:, 12:18] == 2).all()
    assert labels[0, 6:12].tolist() == [2, 2, 0, 0, 0, 0]
    assert np.bincount(labels[:, 6:12].ravel()).tolist() == [48, 0, 48]
    assert 5 < np.diff(striped(np.ones((2, 640, 640), np.uint8))[0].astype(int)).nonzero()[0][0] < 15


def test_overlay_of_masks_colours_classes_and_nothing_else() -> None:
    image = np.full((1, 4, 3), (200, 100, 0), np.uint8)
    masks = np.array([[[1, 0, 0, 255]], [[0, 1, 0, 0]]], np.uint8)
    grey = 200 * 0.299 + 100 * 0.587
    picture = overlay(image, masks, PALETTE)[0].astype(float)
    np.testing.assert_allclose(picture[:2], (PALETTE + grey) / 2, atol=0.51)
    np.testing.assert_allclose(picture[2], np.full(3, grey), atol=0.51)
    assert picture[3].tolist() == [200, 100, 0]  # whether it is of the first class is not known


@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,), (7,)])
def test_images_of_any_channels_can_be_shown(channels: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, 3, *channels), dtype=np.uint8)
    picture = as_picture(image)
    assert picture.shape == (2, 3, 3)
    np.testing.assert_array_equal(picture[..., 0], image.reshape(2, 3, -1)[..., 0])


def test_grid_aligns_columns_and_rows_of_pictures_of_different_sizes() -> None:
    small, large = np.zeros((2, 3, 3), np.uint8), np.ones((4, 5, 3), np.uint8)
    picture = grid([[small, large], [large], [small, small]], separator_px=2)
    assert picture.shape == (4 + 2 + 4 + 2 + 2, 5 + 2 + 5, 3)
    assert (picture[:2, :3] == 0).all()
    assert (picture[:4, 7:] == 1).all()
    assert (picture[6:10, :5] == 1).all()
    assert (picture[12:, 7:10] == 0).all()
    for white in (picture[2:6, :3], picture[:, 5:7], picture[:4, 3:7], picture[6:12, 7:], picture[10:12]):
        assert (white == 255).all()


def test_legend_shows_every_colour_and_wraps() -> None:
    wide = legend(["sky", "road"], PALETTE, 400)
    narrow = legend(["sky", "road"], PALETTE, 60)
    assert wide.shape == (18, 400, 3)
    assert narrow.shape == (36, 60, 3)
    for strip in (wide, narrow):
        for colour in PALETTE:
            assert (strip == colour).all(axis=-1).sum() == 12 * 12


IMAGE, ONES = np.zeros((40, 200, 3), np.uint8), np.ones((40, 200), np.uint8)
CLASSES = ["sky", "road"]
BLACK, FIRST, SECOND, WHITE = [0, 0, 0], *PALETTE.tolist(), [255, 255, 255]


def middles(picture: Image.Image, row: int) -> list[list[int]]:
    """Colours in the middle of the pictures of one row, 200 x 40 px each, below a title of 18 px."""
    return np.asarray(picture)[20 + 42 * row + 20, 100::202].tolist()


def test_comparison_has_a_row_per_panel_below_its_titles() -> None:
    picture = comparison_grid([(IMAGE, ONES, 1 - ONES), (IMAGE, 1 - ONES, ONES)], PALETTE, CLASSES, alpha=1.0)
    assert picture.size == (3 * 200 + 2 * 2, 18 + 2 + 2 * 40 + 2 + 2 + 18)
    assert middles(picture, 0) == [BLACK, SECOND, FIRST]
    assert middles(picture, 1) == [BLACK, FIRST, SECOND]
    titles = np.asarray(picture)[:18]
    assert all((titles[:, left : left + 200] < 128).any() for left in (0, 202, 404))


def test_comparison_leaves_out_the_truth_where_there_is_none() -> None:
    without = comparison_grid([(IMAGE, None, ONES)], PALETTE, CLASSES, alpha=1.0)
    assert without.size[0] == 2 * 200 + 2
    assert middles(without, 0) == [BLACK, SECOND]
    mixed = comparison_grid([(IMAGE, None, ONES), (IMAGE, ONES, ONES)], PALETTE, CLASSES, alpha=1.0)
    assert middles(mixed, 0) == [BLACK, WHITE, SECOND]


def test_titles_are_as_wide_as_they_need() -> None:
    narrow, wide = title("truth"), title("prediction", row_px=18)
    assert narrow.shape[0] == wide.shape[0] == 18
    assert narrow.shape[1] < wide.shape[1]
    assert (wide[:, -2:] == 255).all()
