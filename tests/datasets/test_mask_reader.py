from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.mask_reader import ColourReader, ThresholdReader, ValueReader, is_colour, parsed_value
from segcli.sample import DataError

RED, WHITE, BLACK = 0xFF0000, 0xFFFFFF, 0


def picture(mode: str) -> Image.Image:
    """Black, white and, where there is colour, red."""
    colours = Image.fromarray(np.array([[(0, 0, 0), (255, 255, 255), (255, 0, 0)]], np.uint8))
    if mode != "P":
        return colours.convert(mode)
    image = Image.fromarray(np.array([[1, 0, 2]], np.uint8), "P")
    image.putpalette([255, 255, 255, 0, 0, 0, 255, 0, 0])
    return image


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("extension", ["png", "tif", "gif", "bmp"])
def test_colours_are_those_that_are_seen(mode: str, extension: str, tmp_path: Path) -> None:
    if (mode, extension) in (("RGBA", "gif"), ("RGBA", "bmp")):
        pytest.skip("the format has no alpha channel of 8 bits")
    file = tmp_path / f"a.{extension}"
    picture(mode).save(file)
    found = ColourReader()(file)
    assert found.tolist() == [[BLACK, WHITE, RED]]
    assert ColourReader()(file, file.read_bytes()).tolist() == found.tolist()


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_greys_are_colours_too(mode: str, tmp_path: Path) -> None:
    picture(mode).save(tmp_path / "a.png")
    assert ColourReader()(tmp_path / "a.png")[0, :2].tolist() == [BLACK, WHITE]


def test_what_has_no_sure_colour_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(np.zeros((2, 2), np.uint16)).save(file)
    with pytest.raises(DataError, match="expected a picture of 8 bits"):
        ColourReader()(file)
    Image.fromarray(np.zeros((2, 2, 4), np.uint8)).save(file)
    with pytest.raises(DataError, match="partly transparent"):
        ColourReader()(file)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot be read as an image"):
        ColourReader()(file)


def test_a_threshold_reads_masks_of_two_classes_from_jpeg(tmp_path: Path) -> None:
    truth = np.zeros((64, 64), np.uint8)
    truth[13:45, 5:37] = 255
    for mode in ("L", "RGB"):
        Image.fromarray(truth).convert(mode).save(tmp_path / "a.jpg", quality=75)
        assert len(np.unique(np.asarray(Image.open(tmp_path / "a.jpg")))) > 2
        np.testing.assert_array_equal(ThresholdReader(128)(tmp_path / "a.jpg"), truth)
    np.testing.assert_array_equal(np.unique(ThresholdReader(1)(tmp_path / "a.jpg")), [0, 255])


def test_a_threshold_needs_opaque_pixels_of_8_bits(tmp_path: Path) -> None:
    for pixels, message in ((np.zeros((2, 2), np.uint16), "16 bits"), (np.zeros((2, 2, 4), np.uint8), "transparent")):
        Image.fromarray(pixels).save(tmp_path / "a.png")
        with pytest.raises(DataError, match=message):
            ThresholdReader(9)(tmp_path / "a.png")


def test_a_threshold_makes_colours_pure(tmp_path: Path) -> None:
    Image.fromarray(np.array([[(250, 3, 1), (1, 130, 255)]], np.uint8)).save(tmp_path / "a.png")
    assert ColourReader(128)(tmp_path / "a.png").tolist() == [[RED, 0x00FFFF]]


def test_keys_are_values_colours_or_text() -> None:
    assert [parsed_value(key) for key in (3, "3", "-1", "#FF0000", "cat", "#ff00")] == [3, 3, -1, RED, "cat", "#ff00"]
    assert [is_colour(key) for key in ("#FF0000", "#ff00", 3, "ff0000")] == [True, False, False, False]
    assert (ColourReader().shown(RED), ValueReader().shown) == ("#ff0000", None)
