"""Resolve ``${a.b}``, ``${.sibling}``, ``${vars.x}`` and ``${oc.env:NAME}`` after merging.

What leads to arguments may be left out of a path, and does not count as a level of a relative one. A value that is a
reference and nothing else is what it refers to, of its type; within a longer text, a reference stands for the text that
was written there. References are followed here, each once and boundedly; OmegaConf evaluates what is around them. A
value that depends on an environment variable keeps the text that refers to it.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from segcli.config import trust
from segcli.config.component import flat_path
from segcli.config.dumper import dump_inline
from segcli.config.errors import MAX_PROBLEMS, Problem, did_you_mean, shorten, shown
from segcli.config.evaluate import UnresolvedError, evaluated
from segcli.config.loader import MOST_CHARACTERS, scalar
from segcli.config.node import Key, MappingNode, Node, Path, SequenceNode, Value, dotted, from_plain, lookup
from segcli.config.references import END, HOLE, NUMBERED, Piece, Reference, written_out

MOST_STEPS = 100
"""How many references may follow one another."""
DEEPEST = 20
"""How many brackets of one text may lie within one another: the time that OmegaConf takes grows with their square."""
_INNERMOST = re.compile(rf"(\\*)\$\{{\s*(\.*[\w{HOLE}][\w.\[\]+{HOLE}{END}-]*)\s*\}}")
_UNESCAPED = re.compile(r"(?<!\\)(\\\\)*\$\{")


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
        node.text = str(node.value)
        try:
            self._fill(path, node)
            done = True
        except UnresolvedError as error:
            done = False
            if str(error):
                self.problems.append(Problem(str(error), dotted(path), node.source))
        del self._busy[id(node)]
        self._results[id(node)] = done
        return done

    def _fill(self, path: Path, node: Node) -> None:
        text = str(node.value)
        if _depth(text) > DEEPEST:
            raise UnresolvedError(f"{shown(text)} has more than {DEEPEST} brackets within one another")
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
        node.become(from_plain(scalar(value) if is_text and is_foreign else value, node.source).value)
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
        flat = flat_path(path)
        prefix = flat[: max(0, len(flat) - dots)] if dots else []
        keys: list[Key] = [*prefix, *(key for key in re.split(r"[.\[\]]+", name) if key)]
        wanted = ".".join(map(str, keys))
        target = lookup(self.root, tuple(keys))
        if target is None:
            hint = did_you_mean(wanted, self._known) if len(self.problems) <= MAX_PROBLEMS else ""
            raise UnresolvedError(f"${{{shorten(reference)}}} refers to {shown(wanted)}, which is not set{hint}")
        node.refs = (*node.refs, (wanted, target))
        self._grow(0)
        for _, leaf in target.leaves():
            if id(leaf) in self._busy:
                loop = [*list(self._busy.values())[list(self._busy).index(id(leaf)) :], self._busy[id(leaf)]]
                circle = " -> ".join(dotted(each) for each in loop)
                raise UnresolvedError(f"cannot resolve {shown(node.text)}: it refers to itself, {shorten(circle)}")
            if id(leaf) in self.places and not self._follow(leaf):
                raise UnresolvedError
        return target

    def _follow(self, leaf: Node) -> bool:
        if len(self._busy) >= MOST_STEPS:
            raise UnresolvedError(f"cannot be resolved: more than {MOST_STEPS} references follow one another")
        return self.resolve(*self.places[id(leaf)])

    def _copy(self, target: Node, node: Node) -> None:
        """Let a node have the value of another, spelt alike."""
        copy = self._copied(target, node)
        node.become(copy.value)
        node.written, node.reference = copy.written, copy.reference
        if target.written is not None and isinstance(target.value, str) and not target.fault:
            node.become(scalar(target.written))  # text at its own place, maybe a number here

    def _copied(self, target: Node, like: Node) -> Node:
        self._grow(1)
        value: Value = target.value
        if isinstance(target, MappingNode):
            value = {key: self._copied(child, like) for key, child in target.value.items()}
        elif isinstance(target, SequenceNode):
            value = [self._copied(child, like) for child in target.value]
        self._grow(len(value) if isinstance(value, str) else 0)
        copy = target.laid_over(None, value)
        copy.source, copy.over, copy.text, copy.refs = like.source, None, None, ()
        return copy

    def _grow(self, amount: int) -> None:
        """Count what interpolation adds, a value as one character."""
        self._characters += amount
        if self._characters > MOST_CHARACTERS:
            raise UnresolvedError(f"grows beyond {MOST_CHARACTERS:,} characters: its references multiply one another")

    def _evaluated(self, template: str, targets: list[Node], path: Path, node: Node) -> tuple[Any, list[str]]:
        """Let OmegaConf evaluate a text, with the texts of other nodes in its holes.

        Returns:
            The value, and the environment variables that were read.
        """

        def read(key: str, default: object) -> object:
            try:
                target = self._target(key, path, node)
                if names := _names(target):
                    raise UnresolvedError(f"it depends on {names[0]}; write ${{{key}}}")
                return target.plain()
            except UnresolvedError as error:
                if "not set" in str(error):
                    return default
                raise

        return evaluated(template, node.text or "", dotted(path), lambda index: _text_of(targets[index]), read)


def _names(node: Node) -> list[str]:
    """Return the environment variables that a value depends on."""
    return [name for _, each in node.referring() if each.reference is not None for name in each.reference.names]


def _reference_to(node: Node) -> Reference | str:
    """Return a value as it stands in a longer text, what of it is from the environment as the reference."""
    if node.reference is not None or not _names(node):
        return node.reference or _text_of(node)
    is_list = isinstance(node, SequenceNode)
    pieces = [Piece("[" if is_list else "{")]
    for number, (key, child) in enumerate(node.children()):
        inner = _reference_to(child)
        pieces.append(Piece((", " if number else "") + ("" if is_list else f"{dump_inline(key)}: ")))
        pieces += inner.pieces if isinstance(inner, Reference) else [Piece(inner)]
    return Reference((*pieces, Piece("]" if is_list else "}")), ())


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
