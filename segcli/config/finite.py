"""Find numbers that are infinite or no number, which only an argument takes that says so."""

import math
import re
from collections.abc import Iterator

from segcli.config.node import ComponentNode, Node, Path
from segcli.config.signatures import Parameter

_WORDS = re.compile(r"(?<!check_)\b(inf|infs|infinity|infinite|nan|nans)\b", re.IGNORECASE)


def non_finite(node: Node, at: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield path and node of every number in a value that is not finite, but for those inside other components."""
    if isinstance(node.value, float) and not math.isfinite(node.value):
        yield at, node
    elif not isinstance(node, ComponentNode):
        for key, child in node.children():
            yield from non_finite(child, (*at, key))


def says_so(parameter: Parameter, doc: str) -> bool:
    """Return whether the default of an argument, or what the class's docstring says of it, is of such numbers."""
    from docstring_parser import ParseError, parse  # which most experiments do without

    try:
        entries = [each.description or "" for each in parse(doc).params if each.arg_name == parameter.name]
    except ParseError:
        entries = []
    return any(map(_WORDS.search, (str(parameter.default), *entries)))
