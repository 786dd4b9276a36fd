"""What Python and jsonargparse print of types and objects, in the words of an experiment."""

import re
from collections.abc import Sequence

from segcli.config.types import shown_type

_TYPE = re.compile(r"(?:\b(?:typing|t)\.)?\b(?:Optional|Union|Annotated|Literal|List|Dict|Tuple|Set)\[")
_REPRS = (
    (re.compile(r"<class '(?:[\w.]*\.)?(\w+)'>"), r"\1"),
    (re.compile(r"<(?:class|enum|module) '?([\w.]+)'?(?: from [^>]*)?>"), r"\1"),
    (re.compile(r"<(?:function|bound method|built-in function|built-in method) ([\w.]+)[^>]*>+"), r"\1"),
    (re.compile(r"<(?:[\w.]+\.)?(\w+)(?: object)? at 0x[0-9a-fA-F]+>"), r"\1"),
    (re.compile(r"\b(?:Namespace|NestedModule|Node)\(.*"), "..."),
    (re.compile(r"\b(?:typing|collections\.abc)\.(?=[A-Z])"), ""),
    (re.compile(r"\bNoneType\b"), "null"),
)
_MAX_LENGTH = 400
_LITERAL = "Literal["
_EXPECTED = re.compile(r"(?:Expected an? (?!instantiatable)|Not a valid subclass of (?=\w+$))")


def plain_words(text: str) -> str:
    """Return a message with types as one writes them, classes and functions by name, and no addresses of memory.

    Args:
        text: In one line.
    """
    for pattern, plain in _REPRS:
        text = pattern.sub(plain, text)
    parts, rest = [], text
    while found := _TYPE.search(rest):
        end = _closing(rest, found.end())
        parts += [rest[: found.start()], shown_type(rest[found.start() : end])]
        rest = rest[end:]
    return "".join([*parts, rest])


def shorten(text: str) -> str:
    """Put a message on one line of bounded length, in plain words."""
    line = plain_words("; ".join(part.strip() for part in text.splitlines() if part.strip()))
    return line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 3]}..."


def joined(reasons: Sequence[str]) -> str:
    """Return the reasons why a value is none of several types as one.

    Args:
        reasons: As jsonargparse words them, such as ``Expected a <class 'int'>``.
    """
    reasons = [each.replace(". Got value: ", ", got ") for each in reasons]
    wanted = [_as_value(plain_words(_EXPECTED.sub("", each, count=1))) for each in reasons if _EXPECTED.match(each)]
    others = [each for each in reasons if not _EXPECTED.match(each)]
    expected = [f"expected {' or '.join(dict.fromkeys(wanted))}"] if wanted else []
    return "; ".join(dict.fromkeys([*expected, *others]))


def _as_value(wanted: str) -> str:
    """Return the values of a ``Literal`` as a list of them."""
    return wanted.removeprefix(_LITERAL).removesuffix("]") if wanted.startswith(_LITERAL) else wanted


def _closing(text: str, start: int) -> int:
    """Return where the bracket ends that was opened before a position."""
    depth, at = 1, start
    while depth and at < len(text):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        at += 1
    return at
