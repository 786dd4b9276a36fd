"""Values that others wrote, made harmless for where they are shown: a terminal, a Markdown page, an HTML page.

The one place for it: whatever prints the value of an experiment, the name of a file, a class or a run uses these.
"""

import html
import re
import unicodedata

_MARKDOWN = re.compile(r"[\\`*<>|&@]|\]\(|://|www\.|#(?=\d)")
"""What GitHub takes for markup, a link, somebody's name or an issue."""
_ENTITIES = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    "@": "&#64;",
    "://": ":&#47;&#47;",
    "www.": "www&#46;",
    "#": "&#35;",
}
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Categories of Unicode that move a cursor, change colours or the direction of text, or break a line."""


def visible(text: str, kept: str = "") -> str:
    r"""Write characters that a terminal would act on as escapes, such as ``\x1b`` and ``\u202e``.

    Args:
        text: Of one value.
        kept: Such characters that are left as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _shown(each) if each not in kept and unicodedata.category(each) in _HIDDEN else each for each in text
    )


def plain(text: str) -> str:
    """Return lines for a terminal, with :func:`visible` characters between their ends."""
    return visible(text, kept="\n\t")


def markdown(text: str) -> str:
    """Return a value in one line of Markdown, also inside a table: nothing of it is markup, a link or a mention."""
    return _MARKDOWN.sub(lambda found: _ENTITIES.get(found[0]) or f"\\{found[0]}", visible(text))


def code(text: str) -> str:
    """Return a value as a span of code in Markdown, also inside a table."""
    shown = visible(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{shown}{space}{fence}"


def page(text: str) -> str:
    """Return a value inside an element or an attribute of HTML."""
    return html.escape(plain(text))


def _shown(character: str) -> str:
    is_hidden = unicodedata.category(character) in _HIDDEN
    return character.encode("unicode_escape").decode() if is_hidden else character
