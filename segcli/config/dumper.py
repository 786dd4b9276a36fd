"""Write YAML that the loader reads back as it was, which resolves scalars by YAML 1.2 where PyYAML goes by 1.1."""

from typing import Any

import yaml

from segcli.config.loader import scalar


class _Dumper(yaml.SafeDumper):
    pass


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(tree: dict[str, Any]) -> str:
    """Return a tree of plain values as YAML, keys in their order."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False)
