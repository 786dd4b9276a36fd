"""Values that others wrote, made harmless for where they are shown: a terminal, a Markdown page, an HTML page.

The one place for it: whatever prints the value of an experiment, the name of a file, a class or a run uses these.
"""

import re
import shlex
import unicodedata
from collections.abc import Iterable, Sequence

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
    fence, space = "`" * (_longest_run(shown) + 1), " " if "`" in shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Return lines as a block of code in Markdown, which ends where they end.

    Args:
        text: Of lines; the last may lack its end.
        language: Of them, such as ``yaml``.
    """
    shown = plain(text).removesuffix("\n")
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def markdown_table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return cells, each of :func:`markdown` or :func:`code`, as lines of a table in Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def command(words: Iterable[str]) -> str:
    """Return a command line to be shown and typed: a shell reads these words of it, whatever is in them."""
    return " ".join(shlex.quote(word) if visible(word) == word else f"$'{_for_shell(word)}'" for word in words)


def page(text: str) -> str:
    """Return a value inside an element or an attribute of HTML."""
    import html  # which reads all entities that there are

    return html.escape(plain(text))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _for_shell(word: str) -> str:
    """Write a word as it may stand between ``$'`` and ``'``, where numbers below 256 with x are bytes."""
    ends = {"\\": "\\\\", "'": "\\'"}
    return "".join(ends.get(each) or (_code_point(each) if visible(each) != each else each) for each in word)


def _code_point(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a file's name that is no text
        return f"\\x{number - 0xDC00:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _shown(character: str) -> str:
    is_hidden = unicodedata.category(character) in _HIDDEN
    return character.encode("unicode_escape").decode() if is_hidden else character
