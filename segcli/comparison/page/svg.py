"""Figures as SVG inside a page: text stays text, and colours follow the page from light to dark."""

import io
import re
from collections.abc import Callable

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from segcli.comparison.page.elements import Html, element
from segcli.plot_style import COLOURS, INK, LINE, MUTED, PAPER, Look, size_px, style

DARK = ("#4aa8e0", "#f0803c", "#2cc295", "#e39ac1", "#f0b43a", "#8fd0f5")
"""The colours of groups on a dark ground, in the order of those on a light one."""
_NAMES = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    **{colour: f"var(--group-{position})" for position, colour in enumerate(COLOURS)},
}
"""What stands in a page for the colours of plots."""
_COLOUR = re.compile("|".join(_NAMES))
_STYLE = re.compile(r'style="([^"]*)"')
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_FONT = re.compile(r"font: ((?:\d+ )?)([\d.]+px) [^;]*")  # matplotlib before 3.11 writes one property


def inline_svg(draw: Callable[[], Figure], description: str) -> Html:
    """Draw a figure and return it as an ``svg`` element.

    Args:
        draw: Returns the figure; called inside :func:`segcli.plot_style.style`.
        description: What it shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with style(salt=description):
        figure = draw()
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", transparent=True)
    width, height = size_px(figure)
    drawn = _drawn(buffer.getvalue())
    box = f"0 0 {width:g} {height:g}"
    parts = {"viewBox": box, "width": f"{width:g}", "height": f"{height:g}", "role": "img", "aria_label": description}
    return element("svg", drawn, **parts)


def colour_variable(position: int) -> str:
    """Return the colour of a group, by its position, as CSS."""
    return _NAMES[Look.of(position).colour]


def group_colours() -> tuple[str, str]:
    """Return the definitions, in CSS, of the groups' colours on light and on dark pages."""
    light, dark = (
        " ".join(f"--group-{position}: {colour};" for position, colour in enumerate(colours))
        for colours in (COLOURS, DARK)
    )
    return light, dark


def _drawn(document: str) -> Html:
    """Return what is inside the ``svg`` element, without what only a file of its own needs."""
    inside = document[document.index(">", document.index("<svg")) + 1 : document.rindex("</svg>")]
    inside = re.sub(r"<style.*?</style>|<!--.*?-->|<metadata>.*?</metadata>", "", inside, flags=re.DOTALL)
    inside = re.sub(r"<defs>\s*</defs>", "", inside)
    inside = re.sub(r'<g id="[^"]*"', "<g", inside)  # nothing refers to groups, and names must be unique in a page
    inside = re.sub(r' transform="rotate\(-0 [^"]*"', "", inside)
    inside = re.sub(r"\n\s*", "\n", inside)
    return Html(_STYLE.sub(lambda found: f'style="{_page_style(found[1])}"', inside))


def _page_style(declarations: str) -> str:
    """Return a style with the font and the colours of the page."""
    plain = _FONT.sub(lambda found: f"font-weight: {found[1] or '400'}; font-size: {found[2]}", declarations)
    return _COLOUR.sub(lambda found: _NAMES[found[0]], _FAMILY.sub("", plain))
