from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.sample import DataError
from segcli.survey.picture import look_at_picture
from tests.survey.data import coloured, mask, picture


def test_photographs_are_told_from_masks(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    mask(tmp_path / "b.png", (0, 1, 255))
    coloured(tmp_path / "c.png", [(0, 0, 0), (250, 0, 0)])
    photo, values, colours = (look_at_picture(tmp_path / f"{name}.png") for name in "abc")
    assert [each.may_be_mask for each in (photo, values, colours)] == [False, True, True]
    assert [each.has_values for each in (photo, values, colours)] == [False, True, False]
    assert [each.distinct for each in (values, colours)] == [3, 2]
    assert [each.is_grey for each in (photo, values)] == [False, True]
    assert photo.size == (24, 32)


def test_a_jpeg_is_a_mask_if_it_is_black_and_white(tmp_path: Path) -> None:
    mask(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    Image.fromarray(np.tile(np.arange(32, dtype=np.uint8) * 8, (24, 1))).save(tmp_path / "c.jpg")
    assert [look_at_picture(tmp_path / f"{name}.jpg").may_be_mask for name in "abc"] == [True, False, False]


def test_a_fourth_channel_counts_if_it_tells_something(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(tmp_path / "b.tif")
    assert look_at_picture(tmp_path / "a.tif").has_fourth
    assert not look_at_picture(tmp_path / "b.tif").has_fourth


def test_what_is_no_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(DataError, match=r"a\.png cannot be read as an image"):
        look_at_picture(tmp_path / "a.png")
