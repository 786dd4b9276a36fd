"""How plots look: sizes in pixels, colours that colour-blind readers can tell apart, and a legend.

Colours are those of Okabe and Ito (2008), "Color Universal Design", https://jfly.uni-koeln.de/color/, without black and
yellow. Figures are laid out in pixels of 1/72 inch, so that an SVG of one keeps its sizes in a page.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from segcli.config.escape import visible

INK, MUTED, LINE, PAPER = "#1b1f24", "#59636e", "#d9dee3", "#fffffe"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
Dashes = Literal["-"] | tuple[float, Sequence[float]]
DASHES: tuple[Dashes, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
WIDTH_PX = 440
"""Of a figure that is read on a phone, and beside another one on a screen."""
TEXT_PX, SMALL_PX = 12, 11
LETTER_PX = 6.6
"""Mean width of a letter of :data:`TEXT_PX` in matplotlib's own font; those of browsers are narrower."""
_DOTS_PER_PX = 2
_MOST_COLOURS = 256  # in a PNG: a third of the size, and no difference that is seen
_PX_PER_INCH = 72
_SETTINGS: dict[Any, Any] = {
    "text.parse_math": False,  # a $ in the name of a class is a $
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": TEXT_PX,
    "svg.fonttype": "none",
    "axes.formatter.useoffset": False,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": LINE,
    "grid.color": LINE,
}


class Look(NamedTuple):
    """Colour, marker and dashes of a group, by its position; 42 groups differ in at least one."""

    colour: str
    marker: str
    dashes: Dashes

    @classmethod
    def of(cls, position: int) -> "Look":
        """Return the look of a group at a position from 0."""
        dashes = DASHES[position // len(COLOURS) % len(DASHES)]
        return cls(COLOURS[position % len(COLOURS)], MARKERS[position % len(MARKERS)], dashes)


@contextmanager
def style(salt: str = "segcli") -> Iterator[None]:
    """Draw and save figures in here; matplotlib's settings are afterwards as before.

    Args:
        salt: Names inside an SVG are drawn from it; two figures of one page need two.
    """
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": salt}), warnings.catch_warnings():
        # names in a script that the font lacks: a browser shows them, a PNG shows boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_figure(width_px: float, height_px: float) -> Figure:
    """Return an empty figure with a transparent ground."""
    return Figure((width_px / _PX_PER_INCH, height_px / _PX_PER_INCH), dpi=_PX_PER_INCH, facecolor="none")


def add_axes(figure: Figure, left_px: float, top_px: float, width_px: float, height_px: float) -> Axes:
    """Add axes without a frame; ``top_px`` is counted from the top of the figure."""
    width, height = size_px(figure)
    place = (left_px / width, 1 - (top_px + height_px) / height, width_px / width, height_px / height)
    axes = figure.add_axes(place, facecolor="none")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL_PX)
    return axes


def png(figure: Figure, compact: bool = True) -> bytes:
    """Return a figure as PNG on white.

    Args:
        figure: It.
        compact: Cut off what is empty at its sides, and reduce its colours: a third of the size in twice the time.
    """
    drawn, written = io.BytesIO(), io.BytesIO()
    FigureCanvasAgg(figure)
    cut: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.15} if compact else {}
    figure.savefig(drawn, format="png", dpi=figure.dpi * _DOTS_PER_PX, facecolor="white", **cut)
    if not compact:
        return drawn.getvalue()
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(_MOST_COLOURS, dither=Image.Dither.NONE)
    few.save(written, format="PNG", optimize=True)
    return written.getvalue()


def size_px(figure: Figure) -> tuple[float, float]:
    """Return width and height."""
    width, height = figure.get_size_inches() * _PX_PER_INCH
    return float(width), float(height)


def number_axis(axes: Axes, side: str, ticks: int = 5) -> None:
    """Give the ``x`` or ``y`` axis a few round numbers and lines across."""
    axis = axes.xaxis if side == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(ticks))
    axes.grid(visible=True, axis="x" if side == "x" else "y", linewidth=1)
    axes.set_axisbelow(True)


def spread(values: Sequence[float], margin: float = 0.05) -> tuple[float, float]:
    """Return the limits of an axis that shows all values, with a margin relative to their range."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = margin * (high - low) or max(abs(high), 1.0) * margin
    return low - room, high + room


def shorten(text: str, most: int) -> str:
    """Cut letters out of the middle of a long text; of white space only single blanks are kept."""
    plain = visible(" ".join(text.split()))
    half = (most - 1) // 2
    return plain if len(plain) <= most else f"{plain[: most - 1 - half]}…{plain[len(plain) - half :]}"


def legend_height_px(labels: Sequence[str], width_px: float = WIDTH_PX) -> float:
    """Return the height that :func:`add_legend` needs."""
    return (_legend_places(labels, width_px)[-1][1] + 1) * _ROW_PX + 8


def add_legend(figure: Figure, labels: Sequence[str], bars: bool = False) -> None:
    """Write the names of the groups at the top of a figure, each behind its line and marker, or behind a square."""
    width, height = size_px(figure)
    for position, (label, (x, row)) in enumerate(zip(labels, _legend_places(labels, width), strict=True)):
        look, y = Look.of(position), 1 - (row + 0.5) * _ROW_PX / height
        ends, marker = [x / width, (x + _SAMPLE_PX) / width], "s" if bars else look.marker
        if not bars:
            figure.add_artist(Line2D(ends, [y, y], color=look.colour, linestyle=look.dashes, linewidth=2))
        figure.add_artist(Line2D([sum(ends) / 2], [y], color=look.colour, marker=marker, markersize=9 if bars else 6))
        figure.text((x + _SAMPLE_PX + 6) / width, y, _legend_text(label, width), va="center_baseline", fontsize=TEXT_PX)


_ROW_PX, _SAMPLE_PX, _GAP_PX = 20, 24, 18


def _legend_text(label: str, width_px: float) -> str:
    return shorten(label, int((width_px - _SAMPLE_PX - 6) / LETTER_PX))


def _legend_places(labels: Sequence[str], width_px: float) -> list[tuple[float, int]]:
    """Return left edge and row of every entry, as many beside each other as there is room for."""
    places, left, row = [], 0.0, 0
    for label in labels:
        needed = _SAMPLE_PX + 6 + LETTER_PX * len(_legend_text(label, width_px))
        if left and left + needed > width_px:
            left, row = 0.0, row + 1
        places.append((left, row))
        left += needed + _GAP_PX
    return places
