"""Resolve ``${a.b}``, ``${.sibling}``, ``${vars.x}`` and ``${oc.env:NAME}`` after merging.

``init_args`` may be left out of a path, and does not count as a level of a relative one. A value that is a reference
and nothing else is what it refers to, of its type; within a longer text, a reference stands for the text that was
written there. References are followed here, each once and boundedly; OmegaConf evaluates what is around them. A value
that depends on an environment variable keeps the text that refers to it.
"""

import os
import re
import warnings
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc

from segcli.config import trust
from segcli.config.dumper import dump_inline
from segcli.config.errors import MAX_PROBLEMS, Problem, did_you_mean, shorten, shown
from segcli.config.loader import MOST_CHARACTERS, scalar
from segcli.config.node import Key, Node, Path, dotted, from_plain, lookup
from segcli.config.references import END, HOLE, NUMBERED, Piece, Reference, written_out

MOST_STEPS = 100
"""How many references may follow one another."""
DEEPEST = 20
"""How many brackets of one text may lie within one another: the time that OmegaConf takes grows with their square."""
_INNERMOST = re.compile(rf"(\\*)\$\{{\s*(\.*[\w{HOLE}][\w.\[\]+{HOLE}{END}-]*)\s*\}}")
_UNESCAPED = re.compile(r"(?<!\\)(\\\\)*\$\{")
_TREE_READERS = re.compile(r"\$\{\s*oc\.(select|deprecated|dict\.keys|dict\.values):")
_register = getattr(OmegaConf, "register_resolver", OmegaConf.register_new_resolver)  # renamed in OmegaConf 2.4
_register("segcli.text", lambda index, *, _root_: _root_["text"](index), replace=True)
_register("segcli.select", lambda key, default=None, *, _root_: _root_["read"](key, default), replace=True)
_register("segcli.deprecated", lambda key, *_, _root_: _root_["read"](key, None), replace=True)
_register("segcli.dict.keys", lambda key, *, _root_: list(_root_["read"](key, {})), replace=True)
_register("segcli.dict.values", lambda key, *, _root_: list(_root_["read"](key, {}).values()), replace=True)


@dataclass
class _Reading:
    """What one text reads from the environment.

    Attributes:
        names: Variables that were asked for.
        missing: One that is not set and has no default; empty if there is none.
    """

    names: list[str] = field(default_factory=list)
    missing: str = ""


_READING: ContextVar[_Reading | None] = ContextVar("reading", default=None)


def _env(name: str, *default: object) -> str | None:
    """Read an environment variable as ``oc.env`` does, and take note of it."""
    reading = _READING.get()
    if reading is not None:
        reading.names.append(name)
        reading.missing = "" if default or name in os.environ else name
    return oc.env(name, *default)


_register("oc.env", _env, replace=True)


class _UnresolvedError(Exception):
    """A text cannot be resolved. Without a reason, what it refers to cannot, which was reported there."""


def interpolate(root: Node, reads_environment: bool = True) -> list[Problem]:
    """Replace every interpolation in ``root``, in place; return those that fail.

    Args:
        root: A merged tree.
        reads_environment: Whether more is read than the tree itself; never is for files of strangers.
    """
    resolver = _Resolver(root, reads_environment and not trust.is_limited())
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
            hole = f"{HOLE}{len(paths)}{END}"
            paths.append(match[2])
            text, start = text[: match.end(1)] + hole + text[match.end() :], 0
        return cls(text, paths)


class _Resolver:
    """Resolves the texts of one tree, each once.

    Attributes:
        places: Path and node of every text with an interpolation, by the node's identity.
        problems: What failed.
    """

    def __init__(self, root: Node, reads_environment: bool) -> None:
        self.root = root
        self._reads_environment = reads_environment
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
        if _depth(text) > DEEPEST:
            raise _UnresolvedError(f"{shown(text)} has more than {DEEPEST} brackets within one another")
        template = _Template.of(text)
        targets: list[Node] = []
        for reference in template.paths:
            targets.append(self._target(self._filled(reference, targets), path, node))
        is_foreign = _UNESCAPED.search(template.text) is not None
        if any(target.is_open() for target in targets) or (is_foreign and not self._reads_environment):
            return  # it stays as it is
        if NUMBERED.fullmatch(template.text):
            self._copy(targets[-1], node)
            return
        value, names = self._evaluated(template.text, targets, path, node)
        is_text = isinstance(value, str)
        self._grow(len(value) if is_text else 0)
        node.value = from_plain(scalar(value) if is_text and is_foreign else value, node.source).value
        node.written = value if is_text and not isinstance(node.value, str) else None
        names = [*names, *(name for target in targets for name in _names(target))]
        if names:
            written = [_reference_to(target) for target in targets]
            node.reference = Reference(written_out(template.text, written), tuple(dict.fromkeys(names)))

    def _filled(self, path: str, targets: list[Node]) -> str:
        return NUMBERED.sub(lambda match: _text_of(targets[int(match[1])]), path)

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
        node.value, node.written, node.reference = copy.value, copy.written, copy.reference
        if target.written is not None and isinstance(target.value, str) and not target.fault:
            node.value = scalar(target.written)  # text at its own place, maybe a number here

    def _copied(self, target: Node, like: Node) -> Node:
        self._grow(1)
        if target.is_mapping():
            value: Any = {key: self._copied(child, like) for key, child in target.value.items()}
        else:
            value = [self._copied(child, like) for child in target.value] if target.is_list() else target.value
        self._grow(len(value) if isinstance(value, str) else 0)
        return replace(target, value=value, source=like.source, over=None, tag="", text=None, refs=())

    def _grow(self, amount: int) -> None:
        """Count what interpolation adds, a value as one character."""
        self._characters += amount
        if self._characters > MOST_CHARACTERS:
            raise _UnresolvedError(f"grows beyond {MOST_CHARACTERS:,} characters: its references multiply one another")

    def _evaluated(self, template: str, targets: list[Node], path: Path, node: Node) -> tuple[Any, list[str]]:
        """Let OmegaConf evaluate a text, with the texts of other nodes in its holes.

        Returns:
            The value, and the environment variables that were read.
        """

        def read(key: str, default: object) -> object:
            try:
                target = self._target(key, path, node)
                if names := _names(target):
                    raise _UnresolvedError(f"it depends on {names[0]}; write ${{{key}}}")
                return target.plain()
            except _UnresolvedError as error:
                if "not set" in str(error):
                    return default
                raise

        text = _TREE_READERS.sub(r"${segcli.\1:", NUMBERED.sub(r"${segcli.text:\1}", template))
        context = {"text": lambda index: _text_of(targets[index]), "read": read}
        what = f"{shown(node.text)} is no interpolation"
        reading = _Reading()
        token = _READING.set(reading)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # OmegaConf's, of empty arguments
                config = OmegaConf.create({"value": "", **context}, flags={"allow_objects": True})
                config["value"] = text
                what = f"cannot resolve {shown(node.text)}"
                value = config["value"]
                return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(
                    value
                ) else value, reading.names
        except (OmegaConfBaseException, ValueError, RecursionError) as error:
            if name := reading.missing:
                how = f"export {name}=..., or give the value itself: --{dotted(path)} VALUE"
                raise _UnresolvedError(f"needs the environment variable {name}, which is not set; {how}") from None
            outer, _, inner = _first_line(error).partition("while resolving interpolation: ")
            reason = (inner or outer).strip('"')
            raise _UnresolvedError(f"{what}: {reason}") from None
        finally:
            _READING.reset(token)


def _names(node: Node) -> list[str]:
    """Return the environment variables that a value depends on."""
    return [name for _, each in node.referring() if each.reference is not None for name in each.reference.names]


def _reference_to(node: Node) -> Reference | str:
    """Return a value as it stands in a longer text, what of it is from the environment as the reference."""
    if node.reference is not None or not _names(node):
        return node.reference or _text_of(node)
    pieces = [Piece("[" if node.is_list() else "{")]
    for number, (key, child) in enumerate(node.value.items() if node.is_mapping() else enumerate(node.value)):
        inner = _reference_to(child)
        pieces.append(Piece((", " if number else "") + (f"{dump_inline(key)}: " if node.is_mapping() else "")))
        pieces += inner.pieces if isinstance(inner, Reference) else [Piece(inner)]
    return Reference((*pieces, Piece("]" if node.is_list() else "}")), ())


def _first_line(error: Exception) -> str:
    return shorten((str(error).splitlines() or [type(error).__name__])[0])


def _text_of(node: Node) -> str:
    """Return a value as it was written."""
    if node.written is not None:
        return node.written
    return node.value if isinstance(node.value, str) else dump_inline(node.plain())


def _depth(text: str) -> int:
    """Return how many brackets are open at most, from the first ``${`` on."""
    depth = deepest = 0
    for character in text[max(text.find("${"), 0) :]:
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(character, 0)
        deepest = max(deepest, depth)
    return deepest
