import matplotlib as mpl
import pytest

from segcli.plot_style import (
    Look,
    add_legend,
    legend_height_px,
    new_figure,
    shorten,
    size_px,
    spread,
    style,
)


def test_looks_of_forty_groups_differ() -> None:
    assert len({Look.of(position) for position in range(42)}) == 42


def test_settings_of_matplotlib_are_as_before() -> None:
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("text", "most", "expected"), [("FPN", 3, "FPN"), ("lr=0.001, FPN", 9, "lr=0… FPN"), (" a \n b", 9, "a b")]
)
def test_long_texts_lose_their_middle(text: str, most: int, expected: str) -> None:
    assert shorten(text, most) == expected
    assert len(shorten(text, most)) <= most


def test_limits_hold_all_values_and_are_never_equal() -> None:
    assert spread([1.0, 3.0]) == pytest.approx((0.9, 3.1))
    low, high = spread([0.5, 0.5])
    assert low < 0.5 < high


def test_entries_of_a_legend_do_not_overlap() -> None:
    labels = ["FPN", "a label of forty letters, more or less..", "UNet", "_DeepLab", "x" * 200]
    figure = new_figure(440, legend_height_px(labels))
    with style():
        add_legend(figure, labels)
        boxes = [text.get_window_extent() for text in figure.texts]
    assert not [(a, b) for a in boxes for b in boxes if a is not b and a.overlaps(b)]
    assert all(box.y0 >= 0 and box.y1 <= size_px(figure)[1] for box in boxes)
    assert figure.texts[3].get_text() == "_DeepLab"
