"""What patterns of paths are made of: text, ``{fields}`` and ``*``. Torch-free."""

import re
from collections.abc import Sequence
from itertools import pairwise

_TOKEN = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<any>\*)|(?P<slash>/)|(?P<text>[^{}*/]+)|(?P<brace>[{}])")
_WILD = ("field", "any")


def tokens_of(pattern: str) -> list[re.Match[str]]:
    """Return the parts of a pattern; ``lastgroup`` of each is what it is."""
    return list(_TOKEN.finditer(pattern))


def fields_of(tokens: Sequence[re.Match[str]]) -> list[str]:
    """Return the names of the fields, in their order, those that stand twice too."""
    return [token["field"] for token in tokens if token.lastgroup == "field"]


def fault_of(pattern: str, tokens: Sequence[re.Match[str]]) -> str:
    """Return what is wrong with any pattern; nothing if it may be right."""
    kinds = [str(token.lastgroup) for token in tokens]
    if "brace" in kinds:
        return "a brace has no partner"
    if odd := [name for name in fields_of(tokens) if not name.isidentifier()]:
        return f"{{{odd[0]}}} is no name of a field"
    if "" in pattern.split("/") or {".", ".."} & set(pattern.split("/")):
        return "a part between slashes is empty, . or .."
    if any(first in _WILD and second in _WILD for first, second in pairwise(kinds)):
        return "nothing separates two of its fields or *"
    return ""
