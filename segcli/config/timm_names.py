"""Names and pretrained tags of timm's models, read as text from its sources: to import timm takes seconds.

Architectures are the functions under ``@register_model``; deprecated names are not among them, as in
``timm.list_models()``. Tags are the keys such as ``"resnet50.a1_in1k"`` of the tables of weights, those with weights
only, as in ``timm.list_models(pretrained=True)``. With timm 1.0.31 both lists are equal to timm's. A later timm may
compute tables in ways that text does not show; then tags are missing here, never names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from segcli.config.files import Files

# a literal at the start of a pattern is what makes it fast
_MODEL = re.compile(r"\n@register_model\n(?:@.*\n)*def (\w+)")
_TABLE = re.compile(r"^\w*(?:cfgs|CFGS)\b(?:: [^=\n]+)? = (?:\w+\(\s*)?\{\n(.*?)^[\w})]", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)
_ENTRY = re.compile(r"""^ +(?:'([\w.*-]+)'|"([\w.*-]+)"): *(\w*)(?=[({])""", re.MULTILINE)
_HELPER = re.compile(r"\ndef (\w*cfg)\(.*?(?=\n\w)", re.DOTALL)
_WEIGHTS = re.compile(r"""\A\(\s*\(?["']\w|\b(?:url|hf_hub_id|file)["']? *[=:] *\(?\s*["']\w""")
_SUFFIXES = re.compile(r"for suffix in \(([^)]*)\)\n")


@dataclass(frozen=True)
class TimmModel:
    """One architecture.

    Attributes:
        name: Its name, as in ``timm.list_models()``.
        tags: Names of its pretrained weights; the first is what the name alone gets. An empty one has no name.
    """

    name: str
    tags: tuple[str, ...] = ()


def read_timm_names(folder: Path, files: Files) -> list[str]:
    """Return the names alone, in no order; see :func:`read_timm_models`."""
    sources = (file for file in (folder / "models").iterdir() if file.suffix == ".py")
    return [name for file in sources for name in _MODEL.findall(files.read_text(file))]


def read_timm_models(folder: Path, files: Files) -> list[TimmModel]:
    """Return timm's models, sorted as timm does.

    Args:
        folder: The package's folder.
        files: Where sources come from.

    Raises:
        OSError: If there is no such folder.
    """
    found: dict[str, TimmModel] = {}
    for file in sorted((folder / "models").iterdir()):
        if file.suffix == ".py":
            text = files.read_text(file)
            names = _MODEL.findall(text)
            tags = _tags(text) if names else {}
            found.update((name, TimmModel(name, tuple(tags.get(name, ())))) for name in names)
    return sorted(found.values(), key=lambda model: _natural(model.name))


def _tags(text: str) -> dict[str, list[str]]:
    """Return the tags with weights by architecture, that of the default weights first."""
    found: dict[str, list[str]] = {}
    starred = set()
    for key in _keys(text):
        name, _, tag = key.partition(".")
        tags, is_star = found.setdefault(name, []), tag.endswith("*") and name not in starred
        if is_star:
            starred.add(name)
        tags.insert(0 if is_star or not tag else len(tags), tag.strip("*"))
    return found


def _keys(text: str) -> Iterator[str]:
    """Yield ``architecture.tag`` for every entry of a module's tables that has weights."""
    helpers = {helper[1] for helper in _HELPER.finditer(text) if _WEIGHTS.search(helper[0])}
    found = _SUFFIXES.search(text)  # qwen3_vit and deepseek_vit: one entry stands for several variants of a model
    suffixes = re.findall(r"""["'](\w*)["']""", found[1]) if found else [""]
    for table in _TABLE.findall(text):
        plain = _COMMENT.sub("", table)
        entries = list(_ENTRY.finditer(plain))
        for entry, after in zip_longest(entries, entries[1:]):
            body = plain[entry.end() : after.start() if after else len(plain)]
            if entry[3] not in helpers and not _WEIGHTS.search(body):
                continue
            name, dot, tag = (entry[1] or entry[2]).partition(".")
            yield from (f"{name}{suffix}{dot}{tag}" for suffix in suffixes)
            if "QuickGELU" in body:  # vision_transformer: these weights serve a second variant as well
                yield f"{name.replace('_clip_', '_clip_quickgelu_')}{dot}{tag}"


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts ``vit_9`` before ``vit_10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name.lower())]
