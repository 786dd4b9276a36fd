import pytest

from segcli.decoders.levels import deepest
from tests.decoders.reference import specs

LEVELS = specs(8, 16, 24)


def test_the_last_levels_are_taken_or_all_where_there_are_fewer() -> None:
    assert deepest("X", LEVELS, most=2) == LEVELS[1:]
    assert deepest("X", LEVELS, most=5) == LEVELS
    assert deepest("X", LEVELS) == LEVELS


def test_too_few_are_an_error_that_names_the_decoder_and_the_key() -> None:
    with pytest.raises(ValueError, match=r"X got 0 feature levels, expected at least 1; check model.backbone.out_ind"):
        deepest("X", [])
    with pytest.raises(ValueError, match=r"X got 1 feature level, expected at least 2"):
        deepest("X", LEVELS[:1], least=2)
