"""The frame of a page: its style, and what it lets a browser do; what it shows comes from elsewhere."""

from collections.abc import Mapping
from importlib.resources import files
from string import Template

from segcli.comparison.page.elements import Html, element
from segcli.comparison.page.svg import group_colours


def framed(title: str, head: Html, body: Html, foot: Html) -> str:
    """Return a whole page that asks for nothing outside of itself, and forbids the browser to.

    Args:
        title: For the window; it is escaped.
        head: What stands above the sections.
        body: The sections.
        foot: What stands below them.
    """
    template = Template((files("segcli.comparison.page") / "page.html").read_text(encoding="utf-8"))
    light, dark = group_colours()
    return template.substitute(title=element("title", title), light=light, dark=dark, head=head, body=body, foot=foot)


def navigation(contents: Mapping[str, str]) -> Html:
    """Return links to sections.

    Args:
        contents: Headings by the names to link to.
    """
    return element(
        "nav", *(element("a", text, href=f"#{name}") for name, text in contents.items()), aria_label="Sections"
    )
