"""What is stored of values that are from environment variables: the text that refers to them, never the value.

A stored tree names such values under ``environment``, by dotted key. Where a value can change a result, a digest stands
there as well: equal values have equal ones, so that another value is another experiment. It takes 200,000 rounds of
SHA-256, which makes guessing slow, but a value of few characters can still be guessed from it: a secret belongs where
nothing counts, as in the settings of a logger, of which no digest is kept.
"""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from segcli.config.canonical import text
from segcli.config.component import is_path_of_class, leads_to_arguments
from segcli.config.dumper import escaped
from segcli.config.errors import ConfigError, Problem
from segcli.config.interpolate import interpolate
from segcli.config.keys import SEED, counted, is_checkpoint, meaning_of
from segcli.config.node import MappingNode, Node, Path, SequenceNode, Source, dotted, from_plain, lookup
from segcli.config.references import Reference, last_part

ENVIRONMENT = "environment"
"""Key of a stored tree: of each value that is from the environment its dotted key, and its digest or null."""
SHOWN_ANYWAY = (SEED, "run.name", "run.root")
"""Keys whose values are stored as they are, like names of classes: they tell runs apart, and name their folders."""
_ROUNDS, _SALT, _DIGITS = 200_000, b"segcli", 12


@dataclass(frozen=True)
class Environment:
    """The values of an experiment that are from environment variables.

    Attributes:
        references: What refers to them, by dotted key.
        names: The variables that any value depends on.
        values: What they are now, by dotted key.
        recorded: Their digests in the stored tree that was composed, by dotted key.
        is_stored: Whether the values themselves are to be stored.
    """

    references: Mapping[str, Reference] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    recorded: Mapping[str, str | None] = field(default_factory=dict)
    is_stored: bool = False

    @classmethod
    def of(cls, root: Node, recorded: Node | None) -> "Environment":
        """Find them in a composed tree; where the tree is to be stored as it is, it forgets what refers to them.

        Raises:
            ConfigError: If one is a whole section.
        """
        referring = list(root.referring())
        names = [name for _, node in referring if node.reference for name in node.reference.names]
        switch = lookup(root, ("run", "store_environment"))
        is_stored = switch is not None and switch.value is True
        references: dict[str, Reference] = {}
        values: dict[str, object] = {}
        for path, node in referring:
            if len(path) == 1 and isinstance(node, MappingNode) and not is_stored:
                advice = "write it here, and take single values from the environment"
                raise ConfigError([Problem(f"is from the environment as a whole; {advice}", dotted(path), node.source)])
            if node.reference is not None and not _is_shown_anyway(path):
                references[dotted(path)], values[dotted(path)] = node.reference, node.plain()
            if is_stored or _is_shown_anyway(path):
                node.reference = None
        unique = tuple(dict.fromkeys(names))
        return cls(references, unique, values, _recorded_of(root, recorded), is_stored)

    def stored(self, tree: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return plain values of the experiment as they are to be stored, with the key ``environment``.

        Args:
            tree: The values, nested; without any from the environment it is returned as it is.
            before: The stored tree that this one replaces: the same value written out still refers to a variable.

        Raises:
            ConfigError: If one is not where it was written.
        """
        if self.is_stored:
            return dict(tree)
        found = self._referring(tree, self.references)
        return found if before is None else matched(found, before)

    def like(self, stored: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain values of the experiment with references where a stored tree has them, to be compared with it.

        Args:
            stored: The stored tree.
            tree: The values, nested.
        """
        return matched(self._referring(tree, [key for key in self.references if key in _marks(stored)]), stored)

    def _referring(self, tree: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
        if not keys:
            return dict(tree)
        found = copy.deepcopy(dict(tree))
        for key in keys:
            place = _place(found, key)
            if place is None:
                advice = "with --run.store_environment true its value is stored"
                raise ConfigError([Problem(f"cannot be stored as {self.references[key].text}; {advice}", key)])
            place[0][place[1]] = self.references[key].text
        return {**found, ENVIRONMENT: {key: self.digest(key) for key in keys}}

    def digest(self, key: str) -> str | None:
        """Return the digest of a value; None where it cannot change a result."""
        return _digest(self.values[key], self.references[key], key)

    def changed(self) -> list[str]:
        """Return what has another value than in the stored tree that was composed, in words."""
        keys = [key for key, before in self.recorded.items() if before is not None and key in self.references]
        others = [key for key in keys if self.digest(key) != self.recorded[key]]
        return [f"{key}: {' or '.join(self.references[key].names)} has another value than it had" for key in others]


def _is_shown_anyway(path: Path) -> bool:
    return dotted(path) in SHOWN_ANYWAY or is_path_of_class(path)


def _recorded_of(root: Node, recorded: Node | None) -> dict[str, str | None]:
    """Return the digests of a stored tree, of values that no other file or flag has set since."""
    found: dict[str, str | None] = {}
    for key, node in recorded.value.items() if isinstance(recorded, MappingNode) else ():
        value = lookup(root, tuple(str(key).split(".")))
        if value is not None and value.source.where == node.source.where:
            found[str(key)] = None if node.value is None else str(node.value)
    return found


def _digest(value: object, reference: Reference, key: str) -> str | None:
    meaning = meaning_of(key)
    if not meaning.counts or (meaning.last_part and "${" not in _shown(reference.text)):
        return None
    return _hashed(value, key)


def _hashed(value: object, key: str) -> str:
    is_path = meaning_of(key).last_part
    return _slowly_hashed(text(counted(value) if is_path and isinstance(value, str) else value))


def _shown(path: str) -> str:
    """Return what counts of a path with references in it, which may hold slashes."""
    return path if is_checkpoint(path) else last_part(path)


@cache
def _slowly_hashed(value: str) -> str:
    import hashlib

    return hashlib.pbkdf2_hmac("sha256", value.encode(errors="surrogatepass"), _SALT, _ROUNDS).hex()[:_DIGITS]


def with_references(root: MappingNode, digests: bool = False) -> MappingNode:
    """Return a tree with what refers to the environment in place of the values.

    Args:
        root: A composed tree; it is left as it is.
        digests: Whether the digests of values that can change a result stand beside.
    """
    found = _with_references(root, (), digests)
    assert isinstance(found, MappingNode)
    return found


def _with_references(node: Node, path: Path, digests: bool) -> Node:
    if node.reference is not None:
        key, shown = dotted(path), node.reference.text
        if digests:
            shown = _marked(shown, _digest(node.plain(), node.reference, key), key)
        found = node.laid_over(None, shown)
        found.written = None
        return found
    if isinstance(node, SequenceNode):
        return node.laid_over(None, [_with_references(each, (*path, i), digests) for i, each in enumerate(node.value)])
    if isinstance(node, MappingNode):
        return node.laid_over(None, {k: _with_references(each, (*path, k), digests) for k, each in node.value.items()})
    return node


def as_written(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored tree as a file is to hold it: all text escaped but what refers to the environment."""
    found = escaped(dict(tree))
    for key in _marks(tree):
        old, new = _place(tree, key), _place(found, key)
        if old is not None and new is not None:
            new[0][new[1]] = old[0][old[1]]
    return found


def identified(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored tree with the digest of a value beside what refers to it, and without the key ``environment``."""
    found = {key: value for key, value in tree.items() if key != ENVIRONMENT}
    marks = _marks(tree)
    found = copy.deepcopy(found) if marks else found
    for key, digest in marks.items():
        place = _place(found, key)
        if place is not None and isinstance(place[0][place[1]], str):
            place[0][place[1]] = _marked(place[0][place[1]], digest, key)
    return found


def identify(root: Node, recorded: Node | None) -> None:
    """Do the same in a tree that was composed without reading the environment, in place."""
    for key, digest in _recorded_of(root, recorded).items():
        node = lookup(root, tuple(key.split(".")))
        if node is not None and isinstance(node.value, str):
            node.text = _marked(node.value, digest, key)
            node.value = node.text


def as_it_was(tree: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values with what a stored tree has for those that are from the environment, digests included."""
    found = copy.deepcopy(dict(tree))
    for key in _marks(stored):
        old, new = _place(stored, key), _place(found, key)
        if old is not None and new is not None:
            new[0][new[1]] = old[0][old[1]]
    return {**found, ENVIRONMENT: dict(_marks(stored))} if _marks(stored) else found


def matched(tree: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored tree that refers to the environment where another does and it has the same value written out."""
    found, marks = copy.deepcopy(dict(tree)), dict(_marks(tree))
    for key, digest in _marks(stored).items():
        old, new = _place(stored, key), _place(found, key)
        if key in marks and digest is None:  # then its value did not count
            marks[key] = None
        if key in marks or digest is None or old is None or new is None:
            continue
        if _hashed(new[0][new[1]], key) == digest:
            new[0][new[1]], marks[key] = old[0][old[1]], digest
    return {**found, ENVIRONMENT: marks} if marks else found


def resolved(values: Mapping[str, Any], tree: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return a part of a stored tree with the values that the environment has now.

    Args:
        values: The part, or some of it.
        tree: The stored tree.
        at: Dotted key of the part.

    Raises:
        ConfigError: If a variable is not set.
    """
    inside = {key.removeprefix(f"{at}."): None for key in _marks(tree) if key.startswith(f"{at}.")}
    if not inside:
        return dict(values)
    marks = {key: None for key in inside if _place(values, key) is not None}
    written = as_written({**values, ENVIRONMENT: marks})
    root = from_plain(
        {key: value for key, value in written.items() if key != ENVIRONMENT},
        Source(f"the experiment that it holds, {at}"),
    )
    if problems := interpolate(root):
        raise ConfigError(problems)
    return root.plain()


def _marks(tree: Mapping[str, Any]) -> Mapping[str, str | None]:
    marks = tree.get(ENVIRONMENT)
    return marks if isinstance(marks, Mapping) else {}


def _marked(shown: str, digest: str | None, key: str) -> str:
    if digest is None:
        return shown
    return f"{_shown(shown) if meaning_of(key).last_part else shown} ({digest})"


def _place(tree: Any, key: str) -> tuple[Any, Any] | None:
    """Return the mapping or list in which a dotted key stands, and its own last part; None if it stands nowhere."""
    items = list(tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ())
    for name, child in items:
        word = dotted((name,))
        if leads_to_arguments((name,)):
            found = _place(child, key)
        elif word == key:
            return tree, name
        else:
            found = _place(child, key.removeprefix(f"{word}.")) if key.startswith(f"{word}.") else None
        if found is not None:
            return found
    return None
