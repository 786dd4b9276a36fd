"""What a data set holds as one HTML file that needs nothing else: no network, no scripts, no fonts."""

from collections.abc import Callable
from functools import partial

from segcli.comparison.figures import plural
from segcli.comparison.page.elements import Html, element, figure, joined, section, side_by_side, table
from segcli.comparison.page.frame import framed, navigation
from segcli.comparison.page.svg import inline_svg
from segcli.inspection.class_bars import class_bars_figure
from segcli.inspection.statistics import ClassStatistics, DataStatistics, SplitStatistics
from segcli.inspection.statistics_table import COLUMNS, about_split, class_row

CONTENTS = {"images": "Images", "classes": "Classes"}
"""Headings of the sections, by the names to link to."""
MOST_SIZES = 30
"""Sizes of images in the table."""


def page(statistics: DataStatistics) -> str:
    """Return the page; names of classes are escaped."""
    return framed(
        title=f"{statistics.name} - segcli data stats",
        head=_head(statistics),
        body=joined([_images(statistics), _classes(statistics)]),
        foot=element(
            "p",
            "Images and masks as they are on disk, before any transform. Shares are of pixels that are not ignored. "
            "An object is what is connected, also over corners, of one class in one image; 5 % of them are smaller "
            "than the first size of the last column, 5 % larger than the second.",
        ),
    )


def _head(statistics: DataStatistics) -> Html:
    splits = ", ".join(f"{split.split} {plural(split.images, 'image')}" for split in statistics.splits)
    number = f"{len(statistics.splits[0].classes)} classes"
    return joined(
        [
            element("p", f"segcli data stats · {number}", class_="over"),
            element("h1", statistics.name),
            element("p", splits, class_="finding"),
            navigation(CONTENTS),
        ]
    )


def _images(statistics: DataStatistics) -> Html:
    sizes = [
        (split.split, f"{width} x {height}", f"{count:,}")
        for split in statistics.splits
        for (height, width), count in split.sizes.items()
    ]
    told = [element("p", "; ".join(about_split(split))) for split in statistics.splits]
    shown = table("Images by their size", ("Split", "Width x height in px", "Images"), sizes[:MOST_SIZES])
    return section("Images", "images", *told, shown)


def _classes(statistics: DataStatistics) -> Html:
    shares = _plot(
        statistics, "Shares", "Pixels of each class.", lambda _, one: one.share or 0.0, "% of the pixels not ignored"
    )
    images = _plot(
        statistics, "Images", "Those with the class.", lambda split, one: one.images / split.images, "% of the images"
    )
    tables = (_table(statistics, split) for split in statistics.splits)
    return section("Classes", "classes", side_by_side(shares, images), *tables)


def _plot(
    statistics: DataStatistics,
    title: str,
    caption: str,
    share: Callable[[SplitStatistics, ClassStatistics], float],
    label: str,
) -> Html:
    drawn = inline_svg(partial(class_bars_figure, statistics, share, label), f"{label}, a bar per class and split")
    return figure(drawn, title, caption)


def _table(statistics: DataStatistics, split: SplitStatistics) -> Html:
    rows = []
    for one, colour in zip(split.classes, statistics.colours, strict=True):
        name, *cells = class_row(one)
        swatch = element("span", class_="swatch", style=f"background: {colour}")
        rows.append((joined([swatch, name]), *cells))
    return table(f"Classes in {split.split}", [head.capitalize() for head in COLUMNS], rows)
