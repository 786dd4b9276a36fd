"""Tables for notebooks: on light and on dark ground, with nothing from outside."""

from collections.abc import Iterable

from segcli.comparison.page.elements import Html, element, listing

_LINE = "rgba(128, 128, 128, .35)"
_STYLE = f"""
.segcli {{ margin: .3em 0; max-width: 70em; line-height: 1.4; }}
.segcli p {{ margin: 0 0 .5em; overflow-wrap: anywhere; }}
.segcli ul {{ margin: .2em 0 .5em; padding-left: 1.4em; }}
.segcli .scroll {{ overflow-x: auto; }}
.segcli table {{ border-collapse: collapse; margin: 0 0 .7em; font-variant-numeric: tabular-nums; }}
.segcli caption {{ caption-side: top; text-align: left; opacity: .7; padding: 0 0 .2em; }}
.segcli tr, .segcli tbody tr:nth-child(n) {{ background: transparent; }}
.segcli th, .segcli td {{
  padding: .25em .8em; text-align: left; vertical-align: top; border: 0; border-bottom: 1px solid {_LINE};
  color: inherit; max-width: 34em; overflow-wrap: anywhere; white-space: normal;
}}
.segcli th:first-child {{ padding-left: 0; }}
.segcli .number {{ text-align: right; white-space: nowrap; }}
.segcli small {{ opacity: .7; }}
"""


def output(*parts: str) -> str:
    """Return what a notebook shows for an object; text among the parts is escaped."""
    return str(element("div", Html(f"<style>{_STYLE}</style>"), *parts, class_="segcli"))


def heading(name: str, *about: str) -> Html:
    """Return the first line: a name, and what there is to know of it."""
    return element("p", element("strong", name), *(part for each in about for part in (" · ", each)))


def sentences(those: Iterable[str]) -> list[Html]:
    """Return sentences as a list, if there are any."""
    found = list(those)
    return [listing(found)] if found else []
