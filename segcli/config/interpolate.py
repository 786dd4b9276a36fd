"""Resolve ``${a.b}``, ``${.sibling}``, ``${vars.x}`` and ``${oc.env:NAME}`` after merging.

``init_args`` may be left out of a path, and does not count as a level of a relative one. A value that is a reference
and nothing else is what it refers to, of its type; within a longer text, a reference stands for the text that was
written there. References are followed here, each once and boundedly; OmegaConf evaluates what is around them.
"""

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from segcli.config import trust
from segcli.config.dumper import dump_inline
from segcli.config.errors import MAX_PROBLEMS, Problem, did_you_mean, shorten, shown
from segcli.config.loader import MOST_CHARACTERS, scalar
from segcli.config.node import Key, Node, Path, dotted, from_plain, lookup

MOST_STEPS = 100
"""How many references may follow one another."""
_HOLE, _END = "\x01", "\x02"
_INNERMOST = re.compile(rf"(\\*)\$\{{\s*(\.*[\w{_HOLE}][\w.\[\]+{_HOLE}{_END}-]*)\s*\}}")
_NUMBERED = re.compile(rf"{_HOLE}(\d+){_END}")
_UNESCAPED = re.compile(r"(?<!\\)(\\\\)*\$\{")
_TREE_READERS = re.compile(r"\$\{\s*oc\.(select|deprecated|dict\.keys|dict\.values):")
_register = getattr(OmegaConf, "register_resolver", OmegaConf.register_new_resolver)  # renamed in OmegaConf 2.4
_register("segcli.text", lambda index, *, _root_: _root_["text"](index), replace=True)
_register("segcli.select", lambda key, default=None, *, _root_: _root_["read"](key, default), replace=True)
_register("segcli.deprecated", lambda key, *_, _root_: _root_["read"](key, None), replace=True)
_register("segcli.dict.keys", lambda key, *, _root_: list(_root_["read"](key, {})), replace=True)
_register("segcli.dict.values", lambda key, *, _root_: list(_root_["read"](key, {}).values()), replace=True)


class _UnresolvedError(Exception):
    """A text cannot be resolved. Without a reason, what it refers to cannot, which was reported there."""


def interpolate(root: Node) -> list[Problem]:
    """Replace every interpolation in ``root``, in place; return those that fail."""
    resolver = _Resolver(root)
    for path, node in resolver.places.values():
        resolver.resolve(path, node)
    return resolver.problems


@dataclass
class _Template:
    """A text with its references cut out.

    Attributes:
        text: The text, with a numbered hole for each.
        paths: What each refers to; a path may have holes, too.
    """

    text: str
    paths: list[str]

    @classmethod
    def of(cls, text: str) -> "_Template":
        paths: list[str] = []
        start = 0
        while match := _INNERMOST.search(text, start):
            if len(match[1]) % 2:  # a backslash takes it literally
                start = match.end()
                continue
            hole = f"{_HOLE}{len(paths)}{_END}"
            paths.append(match[2])
            text, start = text[: match.end(1)] + hole + text[match.end() :], 0
        return cls(text, paths)


class _Resolver:
    """Resolves the texts of one tree, each once.

    Attributes:
        places: Path and node of every text with an interpolation, by the node's identity.
        problems: What failed.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        found = ((path, node) for path, node in root.leaves() if isinstance(node.value, str) and "${" in node.value)
        self.places = {id(node): (path, node) for path, node in found}
        self.problems: list[Problem] = []
        self._results: dict[int, bool] = {}
        self._busy: dict[int, Path] = {}
        self._characters = 0

    @cached_property
    def _known(self) -> set[str]:
        return {dotted(path[:n]) for path, _ in self.root.leaves() for n in range(1, len(path) + 1)}

    def resolve(self, path: Path, node: Node) -> bool:
        """Resolve one text, after all that it refers to; return whether that was possible."""
        if id(node) in self._results:
            return self._results[id(node)]
        self._busy[id(node)] = path
        node.text = node.value
        try:
            self._fill(path, node)
            done = True
        except _UnresolvedError as error:
            done = False
            if str(error):
                self.problems.append(Problem(str(error), dotted(path), node.source))
        del self._busy[id(node)]
        self._results[id(node)] = done
        return done

    def _fill(self, path: Path, node: Node) -> None:
        text: str = node.value
        template = _Template.of(text)
        targets: list[Node] = []
        for reference in template.paths:
            targets.append(self._target(self._filled(reference, targets), path, node))
        is_foreign = _UNESCAPED.search(template.text) is not None
        if any(target.is_open() for target in targets) or (is_foreign and trust.is_limited()):
            return  # it stays as it is
        if _NUMBERED.fullmatch(template.text):
            self._copy(targets[-1], node)
            return
        value = self._evaluated(template.text, targets, path, node)
        is_text = isinstance(value, str)
        self._grow(len(value) if is_text else 0)
        node.value = from_plain(scalar(value) if is_text and is_foreign else value, node.source).value
        node.written = value if is_text and not isinstance(node.value, str) else None

    def _filled(self, path: str, targets: list[Node]) -> str:
        return _NUMBERED.sub(lambda match: _text_of(targets[int(match[1])]), path)

    def _target(self, reference: str, path: Path, node: Node) -> Node:
        """Return what a reference refers to, itself resolved."""
        name = reference.lstrip(".")
        dots = len(reference) - len(name)
        flat = [key for key in path if key != "init_args"]
        prefix = flat[: max(0, len(flat) - dots)] if dots else []
        keys: list[Key] = [*prefix, *(key for key in re.split(r"[.\[\]]+", name) if key)]
        wanted = ".".join(map(str, keys))
        target = lookup(self.root, tuple(keys))
        if target is None:
            hint = did_you_mean(wanted, self._known) if len(self.problems) <= MAX_PROBLEMS else ""
            raise _UnresolvedError(f"${{{shorten(reference)}}} refers to {shown(wanted)}, which is not set{hint}")
        node.refs = (*node.refs, (wanted, target))
        self._grow(0)
        for _, leaf in target.leaves():
            if id(leaf) in self._busy:
                loop = [*list(self._busy.values())[list(self._busy).index(id(leaf)) :], self._busy[id(leaf)]]
                circle = " -> ".join(dotted(each) for each in loop)
                raise _UnresolvedError(f"cannot resolve {shown(node.text)}: it refers to itself, {shorten(circle)}")
            if id(leaf) in self.places and not self._follow(leaf):
                raise _UnresolvedError
        return target

    def _follow(self, leaf: Node) -> bool:
        if len(self._busy) >= MOST_STEPS:
            raise _UnresolvedError(f"cannot be resolved: more than {MOST_STEPS} references follow one another")
        return self.resolve(*self.places[id(leaf)])

    def _copy(self, target: Node, node: Node) -> None:
        """Let a node have the value of another, spelt alike."""
        copy = self._copied(target, node)
        node.value, node.written = copy.value, copy.written
        if target.written is not None and isinstance(target.value, str) and not target.fault:
            node.value = scalar(target.written)  # text at its own place, maybe a number here

    def _copied(self, target: Node, like: Node) -> Node:
        self._grow(1)
        if target.is_mapping():
            value: Any = {key: self._copied(child, like) for key, child in target.value.items()}
        else:
            value = [self._copied(child, like) for child in target.value] if target.is_list() else target.value
        self._grow(len(value) if isinstance(value, str) else 0)
        return Node(value, like.source, written=target.written, key=target.key, fault=target.fault)

    def _grow(self, amount: int) -> None:
        """Count what interpolation adds, a value as one character."""
        self._characters += amount
        if self._characters > MOST_CHARACTERS:
            raise _UnresolvedError(f"grows beyond {MOST_CHARACTERS:,} characters: its references multiply one another")

    def _evaluated(self, template: str, targets: list[Node], path: Path, node: Node) -> Any:
        """Let OmegaConf evaluate a text, with the texts of other nodes in its holes."""

        def read(key: str, default: object) -> object:
            try:
                return self._target(key, path, node).plain()
            except _UnresolvedError as error:
                if "not set" in str(error):
                    return default
                raise

        text = _TREE_READERS.sub(r"${segcli.\1:", _NUMBERED.sub(r"${segcli.text:\1}", template))
        context = {"text": lambda index: _text_of(targets[index]), "read": read}
        what = f"{shown(node.text)} is no interpolation"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # OmegaConf's, of empty arguments
                config = OmegaConf.create({"value": "", **context}, flags={"allow_objects": True})
                config["value"] = text
                what = f"cannot resolve {shown(node.text)}"
                value = config["value"]
                return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        except (OmegaConfBaseException, ValueError, RecursionError) as error:
            outer, _, inner = _first_line(error).partition("while resolving interpolation: ")
            reason = (inner or outer).strip('"')
            raise _UnresolvedError(f"{what}: {reason}") from None


def _first_line(error: Exception) -> str:
    return shorten((str(error).splitlines() or [type(error).__name__])[0])


def _text_of(node: Node) -> str:
    """Return a value as it was written."""
    if node.written is not None:
        return node.written
    return node.value if isinstance(node.value, str) else dump_inline(node.plain())
