"""Write YAML that the loader reads back as it was, which resolves scalars by YAML 1.2 where PyYAML goes by 1.1."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import plain
from segcli.config.loader import scalar
from segcli.config.node import MappingNode, Node, Path, SequenceNode, dotted

_LITERAL = re.compile(r"(\\*)\$\{")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if "\n" in text else None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(tree: Mapping[str, object]) -> str:
    """Return a tree of plain values as YAML, keys in their order."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False)


def dump_inline(value: object, allow_unicode: bool = False) -> str:
    """Return a plain value as YAML in one line.

    Args:
        value: What it is to be.
        allow_unicode: Whether letters beyond ASCII stay as they are, in place of escapes.
    """
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, default_flow_style=True, width=1_000_000, allow_unicode=allow_unicode
    )
    return text.removesuffix("\n").removesuffix("\n...")


def dump_standalone(root: Node) -> str:
    """Return a composed tree as the text of a file without parents that composes to exactly this tree.

    What refers to the environment stays so.

    Raises:
        ConfigError: If it has a key that composing would act on: ``extends``, or one that ends in ``+``.
    """
    problems = [
        Problem("cannot stand in a file as it is: composing would act on it", dotted(path), node.source)
        for path, node in _keys(root)
        if path[-1] == "extends" or str(path[-1]).endswith("+")
    ]
    if problems:
        raise ConfigError(problems)
    return dump({"defaults": "none", **written(root)})


def shown_yaml(text: str) -> str:
    """Return the text of a YAML file with :func:`visible` characters, and with all its values as they were.

    Only between double quotes does YAML read escapes, so that values which need one are written so.
    """
    parts, end = [], 0
    for token in yaml.scan(text):
        start, stop = token.start_mark.index, token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and plain(text[start:stop]) != text[start:stop]:
            value = yaml.dump(token.value, default_style='"', width=math.inf)  # ends its line, as a block does
            is_block = text[start:stop].endswith("\n")
            parts += [plain(text[end:start]), value if is_block else value.removesuffix("\n")]
            end = stop
    return "".join([*parts, plain(text[end:])])


def _keys(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield path and node of every key of every mapping."""
    for key, child in node.children():
        if isinstance(node, MappingNode):
            yield (*path, key), child
        yield from _keys(child, (*path, key))


def escaped(value: Any) -> Any:
    """Escape every ``${`` in a tree whose interpolations are resolved: what is left means itself."""
    if isinstance(value, dict):
        return {key: escaped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [escaped(child) for child in value]
    return _LITERAL.sub(r"\1\1\\${", value) if isinstance(value, str) else value


def written(node: Node) -> Any:
    """Return plain values as a file is to hold them: all text escaped but what refers to the environment."""
    if node.reference is not None:
        return node.reference.text
    if isinstance(node, SequenceNode):
        return [written(child) for child in node.value]
    if isinstance(node, MappingNode):
        return {key: written(child) for key, child in node.value.items()}
    return escaped(node.value)
