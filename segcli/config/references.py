r"""Texts that refer to environment variables, with all else that they refer to written out.

``${vars.base}/${oc.env:NAME}`` is stored as ``/data/${oc.env:NAME}``: it needs nothing but the environment to give
the same value again. Names and defaults of variables may come from other values, and are written out as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HOLE, END = "\x01", "\x02"
"""Around the number of a value that stands in a text."""
NUMBERED = re.compile(rf"{HOLE}(\d+){END}")
_TOKEN = re.compile(rf"\\*{HOLE}\d+{END}|\\*\$\{{|\\+['\"]|['\"{{}}]|.", re.DOTALL)
_FILLED = re.compile(rf"(\\*){NUMBERED.pattern}")
_LITERAL = re.compile(r"(\\*)\$\{")
_WORD = re.compile(r"(?!(true|false|null|inf|nan)\b)[A-Za-z_/][\w/.-]*", re.IGNORECASE | re.ASCII)
_DEFAULT = re.compile(r"(\$\{oc\.env:[^,{}]*),[^{}]*\}")
_QUOTE = re.compile(r"(\\*)(['\"]|\$\{|$)")


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: As it is meant; of an interpolation, as it is written.
        is_open: Whether it is an interpolation.
    """

    text: str
    is_open: bool = False


@dataclass(frozen=True)
class Reference:
    """A text that refers to the environment.

    Attributes:
        pieces: Its parts.
        names: The variables that it reads.
    """

    pieces: tuple[Piece, ...]
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text as an experiment may hold it."""
        written = []
        for piece, after in zip(self.pieces, (*self.pieces[1:], Piece("")), strict=False):
            text = piece.text
            if not piece.is_open:
                text = _LITERAL.sub(r"\1\1\\${", text)
                text += "\\" * (len(text) - len(text.rstrip("\\"))) if after.is_open else ""
            written.append(text)
        return "".join(written)


def written_out(template: str, values: Sequence[str | Reference]) -> tuple[Piece, ...]:
    """Return a text with values in its holes, so that nothing but the environment is left to be read.

    Args:
        template: The text, its holes numbered.
        values: What stands in each hole.
    """
    return tuple(_joined(_pieces(template, values)))


def last_part(text: str) -> str:
    """Return the last part of a path that refers to the environment; defaults of variables, which may be paths, go."""
    return _DEFAULT.sub(r"\1}", text).rstrip("/").rpartition("/")[2]


def _pieces(template: str, values: Sequence[str | Reference]) -> Iterator[Piece]:
    """Yield literal texts and whole interpolations; within these, whatever the depth, holes are filled in place."""
    inside: list[str] = []
    """What is open: ``{`` of an interpolation or a mapping, or a quote."""
    opened = ""
    for token in _TOKEN.findall(template):
        hole = _FILLED.fullmatch(token)
        if inside:
            opened += token if hole is None else _nested(hole[1], values[int(hole[2])], inside[-1])
        elif hole is not None:
            value = values[int(hole[2])]
            yield Piece(hole[1][::2])  # of backslashes before an interpolation, half are meant
            yield from value.pieces if isinstance(value, Reference) else (Piece(value),)
            continue
        elif not _opens(token):
            yield Piece(f"{token[: len(token) // 2 - 1]}${{" if token.endswith("${") else token)
            continue
        else:
            opened = token.lstrip("\\")
            yield Piece(token[: (len(token) - 2) // 2])
        _follow(inside, token)
        if not inside:
            yield Piece(opened, is_open=True)
            opened = ""


def _follow(inside: list[str], token: str) -> None:
    """Keep track of what is open after one token more."""
    in_quotes = inside[-1:] in (["'"], ['"'])
    if _opens(token) or (token == "{" and not in_quotes):
        inside.append("{")
    elif token in ("'", '"') and (not in_quotes or inside[-1] == token):
        if in_quotes:
            inside.pop()
        else:
            inside.append(token)
    elif token == "}" and not in_quotes:
        inside.pop()


def _opens(token: str) -> bool:
    return token.endswith("${") and len(token) % 2 == 0


def _nested(slashes: str, value: str | Reference, around: str) -> str:
    """Return a value, with the backslashes before it, as it stands inside an interpolation, in quotes or not."""
    pieces = value.pieces if isinstance(value, Reference) else (Piece(value),)
    words = (each.text if each.is_open or _WORD.fullmatch(each.text) else _decoded(each.text) for each in pieces)
    text = "".join(words)
    return (slashes if text.startswith("${") or around == "{" else slashes[::2]) + text


def _decoded(text: str) -> str:
    """Return an interpolation that gives a text, whatever it is."""
    return f"${{oc.decode:{_quoted(_quoted(text, chr(39)), chr(34))}}}"


def _quoted(text: str, quote: str) -> str:
    """Return a text in quotes as OmegaConf reads them."""

    def escaped(found: re.Match[str]) -> str:
        return (
            found[1] + found[2]
            if found[2] not in ("", "${", quote)
            else found[1] * 2 + ("\\" * bool(found[2])) + found[2]
        )

    return f"{quote}{_QUOTE.sub(escaped, text)}{quote}"


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Yield pieces, neighbouring literals as one, without empty ones."""
    literal = ""
    for piece in pieces:
        if not piece.is_open:
            literal += piece.text
            continue
        if literal:
            yield Piece(literal)
        literal = ""
        yield piece
    if literal:
        yield Piece(literal)
