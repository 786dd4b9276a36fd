from typing import Any

import pytest

from segcli.inference.inference_settings import InferenceSettings


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"tile": 32}, "inference.tile got 32"),
        ({"tile": 128, "overlap": 128}, "inference.overlap got 128"),
        ({"overlap": -1}, "inference.overlap got -1"),
        ({"threshold": 1.5}, "inference.threshold got 1.5"),
        ({"threshold": {"cell": -0.1}}, "inference.threshold got -0.1"),
        ({"min_area_px": 0}, "inference.min_area_px got 0"),
        ({"fill_holes_px": 0}, "inference.fill_holes_px got 0"),
    ],
)
def test_values_out_of_range_are_refused(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        InferenceSettings(**arguments)


def test_nothing_is_set_at_first() -> None:
    settings = InferenceSettings()
    assert settings.record() == {}
    assert settings.tile_for(20_000, 20_000) is None


@pytest.mark.parametrize(("height", "expected"), [(2000, None), (2001, 1024)])
def test_auto_cuts_above_four_million_pixels(height: int, expected: int | None) -> None:
    assert InferenceSettings(tile="auto").tile_for(height, 2000) == expected


def test_tiles_of_auto_are_smaller_where_a_row_of_them_takes_much_memory() -> None:
    settings = InferenceSettings(tile="auto")
    assert settings.tile_for(20_000, 20_000, num_outputs=3) == 1024
    assert settings.tile_for(20_000, 20_000, num_outputs=12) == 512


def test_images_within_a_tile_are_not_cut() -> None:
    settings = InferenceSettings(tile=128)
    assert settings.tile_for(128, 100) is None
    assert settings.tile_for(129, 100) == 128


@pytest.mark.parametrize(("tile", "expected"), [(64, 32), (128, 64), (512, 64), (1024, 128)])
def test_overlap_is_an_eighth_but_64_and_at_most_half(tile: int, expected: int) -> None:
    assert InferenceSettings().overlap_of(tile) == expected


def test_thresholds_are_in_the_order_of_classes() -> None:
    classes = ("road", "car", "tree")
    settings = InferenceSettings(threshold={"tree": 0.2, "road": 0.7})
    assert settings.thresholds("multilabel", classes) == (0.7, 0.5, 0.2)
    assert InferenceSettings(threshold=0.3).thresholds("multilabel", classes) == (0.3,) * 3
    assert InferenceSettings(threshold=0.3).thresholds("binary", ("background", "cell")) == (0.3,)
    assert InferenceSettings(threshold={"cell": 0.3}).thresholds("binary", ("background", "cell")) == (0.3,)
    assert InferenceSettings().thresholds("multilabel", classes) is None


@pytest.mark.parametrize(
    ("task", "threshold", "named"),
    [
        ("multiclass", 0.3, "is for model.task: binary and multilabel"),
        ("multilabel", {"bus": 0.3}, "got a class 'bus', expected road, car"),
        ("binary", {"road": 0.3}, "got a class 'road', expected car"),
    ],
)
def test_thresholds_that_decide_nothing_are_refused(task: str, threshold: Any, named: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=named):
        InferenceSettings(threshold=threshold).thresholds(task, ("road", "car"))
