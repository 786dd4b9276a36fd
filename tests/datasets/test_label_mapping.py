from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datasets.label_mapping import LabelMapping
from segcli.sample import IGNORE_INDEX, DataError


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_values_become_classes_and_ignored_ones_void(dtype: type[np.integer]) -> None:
    labels = LabelMapping({0: 0, 128: 1, 200: 1}, ignore_values=[255])
    result = labels(np.array([[0, 128], [200, 255]], dtype), "a.png")
    assert result.dtype == np.uint8
    assert result.tolist() == [[0, 1], [1, IGNORE_INDEX]]


def test_values_beyond_8_bits_have_classes_too() -> None:
    assert LabelMapping({1000: 0, 65535: 1})(np.array([[65535, 1000]], np.uint16), "a.png").tolist() == [[1, 0]]


def test_255_is_no_void_unless_it_is_said_to_be() -> None:
    with pytest.raises(DataError, match=r"(?s)a\.png has mask value 255 \(3 pixels\), expected .*0, 1.*mask_values"):
        LabelMapping({0: 0, 1: 1})(np.array([[0, 1], [255, 255], [255, 0]], np.uint8), "a.png")


@pytest.mark.parametrize("value", [-1, 70000])
def test_values_out_of_any_range_are_named(value: int) -> None:
    with pytest.raises(DataError, match=rf"{value} \(1 pixels\)"):
        LabelMapping({0: 0})(np.array([[0, value]], np.int32), "a.png")


def test_254_is_a_value_like_others() -> None:
    assert LabelMapping({254: 3})(np.array([[254]], np.uint8), "a.png").tolist() == [[3]]


def test_many_strangers_are_counted_and_a_lossy_format_is_blamed_whatever_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (8, 8)).save(path, "JPEG")
    values = np.array([[9, 9, 1, 2, 3, 4, 5, 6, 7]], np.uint8)
    with pytest.raises(DataError, match=r"(?s)9 \(2 pixels\).* and 3 more.*JPEG changes values near edges"):
        LabelMapping({0: 0})(values, str(path))
    Image.new("L", (8, 8)).save(path, "PNG")
    with pytest.raises(DataError, match="Name every value") as error:
        LabelMapping({0: 0})(values, str(path))
    assert "near edges" not in str(error.value)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
def test_negative_labels_can_be_ignored_or_named(dtype: type[np.integer]) -> None:
    labels = LabelMapping({0: 0, 1: 1, -7: 1}, ignore_values=[-1])
    assert labels(np.array([[0, 1, -1, -7]], dtype), "a.tif").tolist() == [[0, 1, IGNORE_INDEX, 1]]
    with pytest.raises(DataError, match=r"mask value -2 \(1 pixels\), expected \[-7, -1, 0, 1\]"):
        labels(np.array([[0, -2]], dtype), "a.tif")


def test_large_values_are_no_negative_ones() -> None:
    labels = LabelMapping({0: 0, 2**32 - 1: 1}, ignore_values=[-1])
    assert labels(np.array([[2**32 - 1, 0]], np.uint32), "a.tif").tolist() == [[1, 0]]
    assert labels(np.array([[-1, 0]], np.int32), "a.tif").tolist() == [[IGNORE_INDEX, 0]]


def test_contradictions_are_refused() -> None:
    with pytest.raises(DataError, match=r"\[1\] are both a class and in ignore_values"):
        LabelMapping({0: 0, 1: 1}, ignore_values=[1])
    with pytest.raises(DataError, match=r"\[-2147483649, 4294967296\], expected -2147483648 to 4294967295"):
        LabelMapping({-(2**31) - 1: 0}, ignore_values=[2**32])
    with pytest.raises(DataError, match="255 classes, expected at most 254"):
        LabelMapping({value: value for value in range(255)})
