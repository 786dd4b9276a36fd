"""Elements of HTML. What is text is escaped, always: names of classes and labels come from people."""

from collections.abc import Collection, Iterable, Sequence

from segcli.config.escape import page

_VOID = ("img",)


class Html(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str) -> Html:
    """Return an element.

    Args:
        name: Such as ``p``.
        content: Text, which is escaped, or :class:`Html`, which is not.
        attributes: Their values are escaped. Of names a last underscore is dropped, others become hyphens: ``class_``,
            ``aria_label``.
    """
    words = [name, *(f'{_attribute(key)}="{page(value)}"' for key, value in attributes.items())]
    start = f"<{' '.join(words)}>"
    return Html(start if name in _VOID else f"{start}{joined(content)}</{name}>")


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Return texts, escaped, and markup, one after the other."""
    return Html(_escaped(between).join(map(_escaped, parts)))


def section(title: str, name: str, *content: str) -> Html:
    """Return a section of the page under a heading, with a name to link to."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], texts: Collection[int] = (0,)) -> Html:
    """Return a table that scrolls sideways where it is too wide.

    Args:
        caption: What it shows.
        head: Names of the columns.
        rows: Cells; the first of a row names it.
        texts: Positions of the columns that hold text; the others hold numbers and are aligned at the right.
    """
    kinds = [{} if column in texts else {"class_": "number"} for column in range(len(head))]
    top = [element("th", cell, scope="col", **kind) for cell, kind in zip(head, kinds, strict=True)]
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, **kind) for cell, kind in zip(row[1:], kinds[1:], strict=True)),
        )
        for row in rows
    ]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *top)),
        element("tbody", *body),
    )
    return element("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def figure(picture: Html, title: str, caption: str, kind: str = "plot") -> Html:
    """Return a picture under its title and a caption; ``kind`` is a class of the page's style."""
    words = element("figcaption", element("strong", title), " ", caption)
    return element("figure", words, element("div", picture, class_="scroll"), class_=kind)


def side_by_side(*figures: Html) -> Html:
    """Return figures beside each other where there is room."""
    return element("div", *figures, class_="plots")


def details(summary: str, *content: str) -> Html:
    """Return what is shown only when asked for."""
    return element("details", element("summary", summary), *content)


def listing(sentences: Iterable[str]) -> Html:
    """Return sentences as a list."""
    return element("ul", *(element("li", sentence) for sentence in sentences))


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else page(text)
