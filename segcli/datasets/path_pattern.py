"""The path of a file in a data set, with fields: ``gtFine/{split}/{city}/{name}_gtFine_labelIds.png``."""

import re
import unicodedata
from collections.abc import Mapping

from segcli.datasets.pattern_text import fault_of, fields_of, tokens_of
from segcli.datasets.raster_file import EXTENSIONS

NAME, SPLIT, CLASS, CHANNEL = "name", "split", "class", "channel"
_IMAGES = "(?i:{})".format("|".join(re.escape(extension) for extension in sorted(EXTENSIONS)))


class PathPatternError(ValueError):
    """A pattern is wrong; the message says why."""


class PathPattern:
    """Read the fields of a path below the folder of a data set.

    ``{name}`` takes as many characters as it can, every other field as few, at least one; a field that stands twice is
    the same both times. ``*`` is any text. Neither takes a slash. A pattern whose last part has no dot takes the
    extensions of images, in small or capital letters. Letters compare in one form of Unicode.

    Args:
        text: The pattern, with slashes.

    Attributes:
        text: The same, in the form NFC of Unicode.
        fields: Names of its fields, in their order.

    Raises:
        PathPatternError: If it has no ``{name}``, a brace too many, a field without a name, fields or ``*`` that
            nothing separates, or parts that lead out of the folder.
    """

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text)
        tokens = tokens_of(self.text)
        self.fields = tuple(dict.fromkeys(fields_of(tokens)))
        wrong = fault_of(self.text, tokens) or ("" if NAME in self.fields else "it has no {name}")
        if wrong:
            raise PathPatternError(f"got {text!r}: {wrong}; expected a pattern such as '{{split}}/images/{{name}}.png'")
        seen = set[str]()
        regex = "".join(_regex(token, seen) for token in tokens)
        self._regex = re.compile(regex + ("" if "." in self.text.rpartition("/")[2] else _IMAGES), re.DOTALL)

    @property
    def has_any(self) -> bool:
        """Whether several files may differ in nothing but text that no field names."""
        return "*" in self.text

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the fields of a path, by name; None if the pattern does not fit it.

        Args:
            path: Below the folder of the data set, with slashes, in the form NFC of Unicode.
        """
        found = self._regex.fullmatch(path)
        return {name[1:]: text for name, text in found.groupdict().items()} if found else None


def _regex(token: re.Match[str], seen: set[str]) -> str:
    """Return what a part of a pattern matches; ``seen`` are the fields before it."""
    if token.lastgroup != "field":
        return "[^/]*?" if token.lastgroup == "any" else re.escape(token[0])
    name = token["field"]
    if name in seen:
        return f"(?P=_{name})"
    seen.add(name)
    return f"(?P<_{name}>[^/]+{'' if name == NAME else '?'})"
