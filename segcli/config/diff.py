"""Compare two experiments by what they mean: classes, arguments and values, wherever they were written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segcli.config.canonical import canonical, text
from segcli.config.compose import Experiment
from segcli.config.environment import with_references
from segcli.config.keys import GROUPS, Group, meaning_of
from segcli.config.library import Place
from segcli.config.node import ComponentNode, Key, MappingNode, Node, SequenceNode, Source, lookup
from segcli.config.render import one_line, same
from segcli.config.resolve import resolve

Fields = dict[Key, Node]
Argument = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        key: Dotted key; elements of a list of components go by their class, as ``trainer.callbacks[EarlyStopping]``.
        old: The value before, in one line; ``not set`` where there was none.
        new: The value after.
        old_source: Who set the value before; None where there was none.
        new_source: Who set the value after.
        fell_back: Whether the value after is one that the value before lay over.
        hidden: Whether both mean the same experiment: of another folder of runs, or a path whose last part stays.
    """

    key: str
    old: str
    new: str
    old_source: Source | None = None
    new_source: Source | None = None
    fell_back: bool = False
    hidden: bool = False

    @property
    def group(self) -> Group:
        """The heading that it stands under."""
        return meaning_of(self.key).group

    @property
    def origin(self) -> Source | None:
        """Where the difference was written: the new value, or the old one where that was only dropped."""
        dropped = self.fell_back or self.new_source is None or self.new_source.where.startswith("default")
        written = self.old_source is not None and not self.old_source.where.startswith("default")
        return self.old_source if dropped and written else self.new_source or self.old_source

    def as_dict(self) -> dict[str, str | None]:
        """Return everything as plain values."""
        sources = [str(source) if source is not None else None for source in (self.old_source, self.new_source)]
        values = {"key": self.key, "group": self.group, "old": self.old, "new": self.new}
        return {**values, "old_source": sources[0], "new_source": sources[1]}


def diff(a: Experiment, b: Experiment, composed: bool = False) -> list[Change]:
    """Return what differs between two experiments, hidden changes included, by group and in the order of the tree.

    Args:
        a: The one before.
        b: The one after.
        composed: Whether to compare what the files say only; otherwise with every default of the code.
    """
    roots = [with_references(each.root if composed else resolve(each), digests=True) for each in (a, b)]
    changes = list(_Differ().mappings(roots[0].value, roots[1].value, "", a.library.root, b.library.root))
    return sorted(changes, key=lambda change: GROUPS.index(change.group))


def effective_batch(experiment: Experiment) -> int | None:
    """Return the images per optimizer step: batch size x accumulated batches x devices; None if that is not known."""
    root = resolve(experiment)
    product = 1
    for key in ("data.batch_size", "trainer.accumulate_grad_batches", "trainer.devices", "trainer.num_nodes"):
        node = lookup(root, tuple(key.split(".")))
        value = node.value if node is not None else None
        count = _devices(value) if key == "trainer.devices" else value
        if not isinstance(count, int):
            return None
        product *= count
    return product


def _devices(value: object) -> int | None:
    """Return the number of devices that Lightning's ``devices`` asks for; -1, all there are, is not known."""
    if isinstance(value, list):
        return len(value)
    words = str(value).split(",")
    if value == "auto" or len(words) > 1:
        return len(words)  # "auto" counts as one, which it is on a CPU
    return int(words[0]) if words[0].isdigit() else None


class _Differ:
    """Walks two trees at once; each side has its own library, which may be that of another revision."""

    def mappings(self, a: Fields, b: Fields, at: str, in_a: Place, in_b: Place) -> Iterator[Change]:
        """Compare sections, or the arguments of one class."""
        for key in dict.fromkeys((*a, *b)):
            name = f"{at}.{key}" if at else str(key)
            places = in_a.child(key), in_b.child(key)
            yield from self.nodes(a.get(key), b.get(key), name, *places, (in_b.arguments_of or "", str(key)))

    def nodes(
        self, a: Node | None, b: Node | None, at: str, in_a: Place, in_b: Place, argument: Argument = ("", "")
    ) -> Iterator[Change]:
        """Compare what stands at one key, an argument of some class or of none."""
        if in_a.arguments_of is not None and _is_section(a) and _is_section(b):
            yield from self.mappings(_fields(a), _fields(b), at, in_a, in_b)
        elif a is not None and b is not None:
            if isinstance(a, ComponentNode) and isinstance(b, ComponentNode):
                yield from self._components(a, b, at, in_a, in_b)
                return
            lists = _as_list(a, at), _as_list(b, at)
            if (
                in_a.family is not None
                and (isinstance(a, SequenceNode) or isinstance(b, SequenceNode))
                and None not in lists
            ):
                yield from self._lists(lists[0] or [], lists[1] or [], at, in_a, in_b, a, b)
            elif not _mean_the_same(a, b, at, in_b, argument) or _has_moved(a, b, at):
                yield self._change(a, b, at, in_a, in_b, argument)
        elif a is not b:
            yield self._change(a, b, at, in_a, in_b, argument)

    def _components(self, a: ComponentNode, b: ComponentNode, at: str, in_a: Place, in_b: Place) -> Iterator[Change]:
        paths = in_a.class_path(a.name), in_b.class_path(b.name)
        names = in_a.library.short_name(paths[0], in_a.family), in_b.library.short_name(paths[1], in_b.family)
        if paths[0] != paths[1] and names[0] != names[1]:
            yield self._change(a, b, at, in_a, in_b)
            return
        yield from self.mappings(a.arguments, b.arguments, at, in_a.inside(paths[0]), in_b.inside(paths[1]))

    def _lists(
        self, a: list[Node], b: list[Node], at: str, in_a: Place, in_b: Place, whole_a: Node, whole_b: Node
    ) -> Iterator[Change]:
        """Match elements by their class, then by likeness."""
        names_a, names_b = [_name(node, in_a) for node in a], [_name(node, in_b) for node in b]
        pairs = _pairs(a, b, names_a, names_b)
        matched = dict(pairs)
        for i, node in enumerate(a):
            label = _label(names_a, i)
            if i in matched:
                yield from self.nodes(node, b[matched[i]], f"{at}[{label}]", in_a, in_b)
            else:
                yield self._change(node, None, f"{at}[{label}]", in_a, in_b)
        for j, node in enumerate(b):
            if j not in matched.values():
                yield self._change(None, node, f"{at}[{_label(names_b, j)}]", in_a, in_b)
        order = [matched[i] for i in sorted(matched)]
        if order != sorted(order) and meaning_of(at).order != "none":
            before, after = ([names_a[i] for i in sorted(matched)], [names_b[j] for j in sorted(order)])
            said = ", ".join(before), ", ".join(after)
            yield Change(f"{at}: order", *said, whole_a.source, whole_b.source)

    @staticmethod
    def _change(
        a: Node | None, b: Node | None, at: str, in_a: Place, in_b: Place, argument: Argument = ("", "")
    ) -> Change:
        hidden = not meaning_of(at).counts or _mean_the_same(a, b, at, in_b, argument)
        texts = one_line(a, in_a), one_line(b, in_b)
        return Change(at, *texts, *_sources(a, b), fell_back=_lay_over(a, b), hidden=hidden)


def _mean_the_same(a: Node | None, b: Node | None, at: str, place: Place, argument: Argument) -> bool:
    values = (None if node is None else canonical(node.plain(), at, *argument, place.library) for node in (a, b))
    return len({text(value) for value in values}) == 1


def _has_moved(a: Node, b: Node, at: str) -> bool:
    """Return whether two paths differ, be it in where they lead to the same thing."""
    return meaning_of(at).last_part and a.plain() != b.plain()


def _sources(a: Node | None, b: Node | None) -> tuple[Source | None, Source | None]:
    """Return who set two values; of one interpolation, who set what it refers to."""
    if a is not None and b is not None and a.text is not None and a.text == b.text:
        for (_, in_a), (_, in_b) in zip(a.refs, b.refs, strict=False):
            if not same(in_a.plain(), in_b.plain()):
                return _sources(in_a, in_b)
    return _source(a), _source(b)


def _source(node: Node | None) -> Source | None:
    if node is None:
        return None
    return _head(node).source


def _lay_over(a: Node | None, b: Node | None) -> bool:
    """Return whether ``a`` lay over what ``b`` is now: the same value of the same file, at another revision or not."""
    if a is None or b is None:
        return False
    below, now = _head(a).over, _head(b)
    name = str(now.value).rpartition(".")[2] if now is not b else None  # a class by its path, below by its name
    while below is not None:
        value = str(below.value).rpartition(".")[2] if name else below.plain()
        if _file(below) == _file(now) and same(value, name or now.plain()):
            return True
        below = below.over
    return False


def _file(node: Node) -> str:
    """Return the file that a value is from, without the revision."""
    return node.source.where.rpartition(":")[2]


def _pairs(a: list[Node], b: list[Node], names_a: Sequence[str], names_b: Sequence[str]) -> list[tuple[int, int]]:
    """Pair elements of one class, those with the most equal leaves first."""
    likeness = [
        (-_equal_leaves(a[i], b[j]), abs(i - j), i, j)
        for i in range(len(a))
        for j in range(len(b))
        if names_a[i] == names_b[j]
    ]
    pairs: list[tuple[int, int]] = []
    for *_, i, j in sorted(likeness):
        if all(i != x and j != y for x, y in pairs):
            pairs.append((i, j))
    return pairs


def _equal_leaves(a: Node, b: Node) -> int:
    others = {path: node.value for path, node in b.leaves()}
    return sum(path in others and same(node.value, others[path]) for path, node in a.leaves())


def _label(names: Sequence[str], index: int) -> str:
    """Return the class of an element, with its number where there are several of that class."""
    name = names[index]
    return name if names.count(name) == 1 else f"{name} {names[: index + 1].count(name)}"


def _name(node: Node, place: Place) -> str:
    return (
        place.library.short_name(place.class_path(node.name), place.family)
        if isinstance(node, ComponentNode)
        else one_line(node, place)
    )


def _head(node: Node) -> Node:
    """Return what says which component it is; of other values, the value."""
    return node.cls if isinstance(node, ComponentNode) else node


def _fields(node: Node | None) -> Fields:
    return node.value if isinstance(node, MappingNode) else {}


def _is_section(node: Node | None) -> bool:
    return node is None or isinstance(node, MappingNode)


def _as_list(node: Node, at: str) -> list[Node] | None:
    """Return the elements of a list of components; of callbacks none for null, one for a callback alone."""
    if isinstance(node, SequenceNode):
        return list(node.value) if all(isinstance(element, ComponentNode) for element in node.value) else None
    if meaning_of(at).order != "none":
        return None
    return [] if node.value is None else [node] if isinstance(node, ComponentNode) else None
