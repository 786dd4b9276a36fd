"""What is wrong with an experiment, said in at most three lines each: what, where, what to do."""

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from segcli.config.escape import plain, visible
from segcli.config.node import Source

TRACEBACK = "SEGCLI_TRACEBACK"
"""Environment variable with which an error keeps its traceback."""
MAX_OPTIONS = 12
MAX_PROBLEMS = 50
_LONGEST_VALUE = 120
_LONGEST_WORD = 1000
_MOST_CHARACTERS = 30_000
"""How much a suggestion is looked for in, times the word's length: some 50 ms at most."""
_FEW_CHARACTERS = 2


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes:
        message: What is wrong, and what to do.
        key: Dotted key at fault, or empty.
        source: Who wrote it.
        over: Whom that replaced.
        options: What could stand there instead.
    """

    message: str
    key: str = ""
    source: Source | None = None
    over: Source | None = None
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        key = f"{visible(shorten(self.key))}: " if self.key else ""
        lines = [f"error: {key}{self.message}"]
        if self.source is not None and self.source.where.startswith("--"):
            lines.append(f"  --> {visible(str(self.source))} on the command line")
        elif self.source is not None:
            lines.append(f"  --> {visible(str(self.source))}")
        if self.source is not None and self.over is not None:
            lines[-1] += f"  (over {visible(str(self.over))})"
        if self.options:
            shown = ", ".join(map(visible, self.options[:MAX_OPTIONS]))
            more = len(self.options) - MAX_OPTIONS
            lines.append(f"  options: {shown}" + (f" and {more} more" if more > 0 else ""))
        return "\n".join(lines)


class ConfigError(Exception):
    """An experiment that cannot be composed or run as written.

    Args:
        problems: Every independent mistake found, in the order of the tree.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        text = "\n".join(str(problem) for problem in self.problems[:MAX_PROBLEMS])
        text += f"\n... and {count - MAX_PROBLEMS} more" if count > MAX_PROBLEMS else ""
        return plain(f"{text}\n{count} errors. Nothing was run." if count > 1 else text)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: what is wrong, without the way through this package."""
        if os.environ.get(TRACEBACK):
            import traceback

            return "".join(traceback.format_exception(self)).splitlines()
        return str(self).splitlines()


def did_you_mean(word: object, options: Iterable[object]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest option, or nothing; of very many, one that begins and ends so."""
    wanted = str(word).lower()
    if len(wanted) > _LONGEST_WORD:
        return ""
    choices = {str(option).lower(): str(option) for option in options}
    names = [name for name in choices if abs(len(name) - len(wanted)) <= len(wanted)]
    most = _MOST_CHARACTERS // max(len(wanted), 50)
    if len(names) > most:
        names = [name for name in names if abs(len(name) - len(wanted)) <= _FEW_CHARACTERS] or names
        names = sorted(names, key=lambda name: _alike(name, wanted), reverse=True)[:most]
    close = get_close_matches(wanted, names, n=1, cutoff=0.6)
    return f" (did you mean {choices[close[0]]!r}?)" if close else ""


def _alike(a: str, b: str) -> int:
    """Return how many characters two words begin and end with in common."""
    return _common(a, b) + _common(a[::-1], b[::-1])


def _common(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def shown(value: object) -> str:
    """Write a value of an experiment for a message, as YAML would, text in quotes, and no longer than a line."""
    if isinstance(value, dict | list | tuple):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif value is None or isinstance(value, bool):
        text = json.dumps(value)
    elif isinstance(value, float) and not math.isfinite(value):
        text = ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return shorten(text)


def in_a_line(error: object) -> str:
    """Return what an error of another package, or of one's own code, says, without its line breaks."""
    return " ".join(str(error).split())


def shorten(text: str) -> str:
    """Cut a text that would not fit into a line."""
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
