"""One dimension of a search: what a key of the experiment may be."""

import math
from dataclasses import dataclass, field

from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.node import MappingNode, Node, SequenceNode

RANGE_KEYS = ("low", "high", "step", "log")


@dataclass(frozen=True)
class Choices:
    """Values to choose among.

    Attributes:
        texts: YAML of each.
        written: What was written for each, numbers and null as they were spelt.
    """

    texts: tuple[str, ...]
    written: tuple[str, ...] = field(default=(), compare=False)

    def examples(self) -> tuple[str, ...]:
        """Return what is to be checked before the search."""
        return self.texts

    def __str__(self) -> str:
        return ", ".join(self.texts)


@dataclass(frozen=True)
class Range:
    """Numbers to choose among.

    Attributes:
        low: The smallest.
        high: The largest.
        step: Between neighbours; None for any number, or, of whole numbers, 1.
        log: Whether factors count instead of differences.
        whole: Whether these are whole numbers.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False
    whole: bool = False

    def examples(self) -> tuple[str, ...]:
        """Return what is to be checked before the search."""
        return tuple(dict.fromkeys((dump_inline(self.low), dump_inline(self.high))))

    def __str__(self) -> str:
        extra = ", log" if self.log else f", step {self.step:g}" if self.step is not None else ""
        return f"{self.low:g} .. {self.high:g}{extra}"


def read_dimension(key: str, node: Node) -> Choices | Range:
    """Read one entry of ``space``.

    Args:
        key: Its dotted key in the file.
        node: ``{low: A, high: B}``, with ``step`` or ``log``, or ``{choices: [A, B]}``.

    Raises:
        ConfigError: For every mistake in it.
    """
    if not isinstance(node, MappingNode):
        raise wrong(key, node, "{low: A, high: B} or {choices: [A, B]}")
    known = ("choices",) if "choices" in node.value else RANGE_KEYS
    unknown = [
        Problem(f"unknown key{did_you_mean(name, (*RANGE_KEYS, 'choices'))}", f"{key}.{name}", child.source)
        for name, child in node.value.items()
        if name not in known
    ]
    if unknown:
        raise ConfigError(unknown)
    return _choices(key, node.value["choices"]) if "choices" in node.value else _range(key, node)


def _choices(key: str, node: Node) -> Choices:
    if not isinstance(node, SequenceNode) or not node.value:
        raise wrong(f"{key}.choices", node, "a list of values")
    texts, written = (tuple(map(write, node.value)) for write in (shown, _written))
    if len(set(written)) < len(written):
        raise ConfigError([Problem("names a value twice", f"{key}.choices", node.source)])
    return Choices(texts, written)


def _written(node: Node) -> str:
    """Return a value as YAML that has numbers, booleans and null as they were spelt."""
    if isinstance(node, SequenceNode):
        return f"[{', '.join(map(_written, node.value))}]"
    return node.written or shown(node)


def _range(key: str, node: MappingNode) -> Range:
    missing = [name for name in ("low", "high") if name not in node.value]
    if missing:
        raise ConfigError([Problem(f"lacks {' and '.join(missing)}, or choices", key, node.source)])
    log = node.value["log"].value if "log" in node.value else False
    if not isinstance(log, bool):
        raise wrong(f"{key}.log", node.value["log"], "true or false")
    numbers = {name: _number(f"{key}.{name}", node.value[name]) for name in RANGE_KEYS[:3] if name in node.value}
    low, high, step = numbers["low"], numbers["high"], numbers.get("step")
    rules = {
        "low below high": low < high,
        "low above 0 where log is true": low > 0 or not log,
        "no step where log is true": step is None or not log,
        "step above 0 and at most high - low": step is None or 0 < step <= high - low,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise wrong(key, node, "; ".join(broken))
    return Range(low, high, step, log, all(isinstance(number, int) for number in numbers.values()))


def _number(key: str, node: Node) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(key, node, "a number")
    return value


def shown(node: Node) -> str:
    """Return a value as it may be written."""
    return dump_inline(node.plain())


def wrong(key: str, node: Node, expected: str) -> ConfigError:
    """Say that a value is not what is expected at its place."""
    return ConfigError([Problem(f"got {shown(node)}, expected {expected}", key, node.source)])
