import re
from functools import partial

from matplotlib.figure import Figure

from segcli.comparison.page.svg import DARK, colour_variable, group_colours, inline_svg
from segcli.plot_style import COLOURS, INK, LINE, MUTED, PAPER, add_axes, new_figure


def _figure(text: str = "text") -> Figure:
    figure = new_figure(200, 100)
    axes = add_axes(figure, 20, 10, 160, 60)
    axes.plot([0, 1], [0, 1], "o", color=COLOURS[2], markerfacecolor=PAPER)
    axes.grid(visible=True)
    axes.set_xlabel(text, fontweight="bold")
    axes.text(0.5, 0.5, text, color=INK)
    return figure


def test_text_stays_text_and_is_escaped() -> None:
    found = inline_svg(partial(_figure, 'a$b$ <script>&"'), 'of "x" <y>')
    assert found.count("a$b$ &lt;script&gt;&amp;") == 2
    assert "<script" not in found
    assert 'role="img" aria-label="of &quot;x&quot; &lt;y&gt;"' in found
    assert 'viewBox="0 0 200 100"' in found


def test_colours_and_fonts_are_those_of_the_page() -> None:
    found = inline_svg(_figure, "x")
    assert not [colour for colour in (INK, MUTED, LINE, PAPER, *COLOURS) if colour in found]
    for name in ("currentColor", "var(--muted)", "var(--line)", "var(--paper)", "var(--group-2)"):
        assert name in found
    assert "font-family" not in found
    assert "DejaVu" not in found
    assert re.search(r"font-weight: (700|bold); font-size: 12px", found)


def test_a_colour_in_a_text_is_left_alone() -> None:
    assert f"class {INK}" in inline_svg(partial(_figure, f"class {INK}"), "x")


def test_nothing_of_a_file_of_its_own_is_left() -> None:
    found = inline_svg(_figure, "x")
    for rest in ("<?xml", "<!DOCTYPE", "<metadata", "<style", "http", "<!--", "xmlns"):
        assert rest not in found


def test_names_of_two_figures_differ_and_are_the_same_each_time() -> None:
    first, second = inline_svg(_figure, "first"), inline_svg(_figure, "second")
    names = [set(re.findall(r' id="([^"]*)"', found)) for found in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    assert inline_svg(_figure, "first") == first


def test_every_colour_is_defined_for_light_and_dark() -> None:
    light, dark = group_colours()
    assert len(DARK) == len(COLOURS)
    for position in range(len(COLOURS)):
        name = colour_variable(position).removeprefix("var(").removesuffix(")")
        assert f"{name}: {COLOURS[position]};" in light
        assert f"{name}: {DARK[position]};" in dark
    assert colour_variable(len(COLOURS)) == colour_variable(0)
