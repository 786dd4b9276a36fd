from segcli.sample import IGNORE_INDEX, DataError


def test_the_ignored_value_fits_a_uint8_mask_and_is_no_class() -> None:
    assert IGNORE_INDEX == 255


def test_a_data_error_is_a_value_error() -> None:
    assert issubclass(DataError, ValueError)
