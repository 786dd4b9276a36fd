"""The page to try a model: one document, whose style and script are inside it."""

from functools import cache
from importlib.resources import files
from string import Template

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the browser lets it do: nothing outside of its own origin, and no script but its own."""


def page(nonce: str) -> str:
    """Return the page; what it shows of the model, it asks ``/info`` for.

    Args:
        nonce: By which the browser knows its style and script.
    """
    script = f"{_part('page.js')}\n{_part('picture.js')}"
    return Template(_part("page.html")).substitute(style=_part("page.css"), script=script, nonce=nonce)


@cache
def _part(name: str) -> str:
    return (files("segcli.serve") / name).read_text(encoding="utf-8")
