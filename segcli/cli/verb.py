"""What a verb of the command line takes, declared once: reading, ``--help``, errors and completion go by it.

Free of torch, and of everything else that takes time to import.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from segcli.program import program

WIDTH = 120
_GAP = 2
_WIDEST_NAME = 24


@dataclass(frozen=True)
class Option:
    """One option of a verb.

    Attributes:
        name: As it is typed, such as ``--format``.
        help: What it does.
        value: Placeholder of its value, such as ``FILE``; empty for a flag, which takes none.
        choices: What the value may be; empty for any text.
        short: Another name, such as ``-c``.
        repeats: Whether it may be given several times.
        kind: Of a verb that has kinds, the one that it belongs to, or several with blanks between; empty for all.
    """

    name: str
    help: str
    value: str = ""
    choices: tuple[str, ...] = ()
    short: str = ""
    repeats: bool = False
    kind: str = ""

    @property
    def shown(self) -> str:
        """How it stands in a usage line, such as ``-c FILE``."""
        return f"{self.short or self.name} {self.value}".rstrip()


FORMAT = Option("--format", "text (default), markdown or json", "FORMAT", choices=("text", "markdown", "json"))
CONFIG = Option("--config", "an experiment; a later one overrides", "FILE", short="-c", repeats=True)
TRUSTED = Option("--trusted-only", "for files of strangers: import only what registries name, read only the repository")
CHECKPOINT = Option("--ckpt_path", "a checkpoint", "FILE")


@dataclass(frozen=True)
class Verb:
    """One verb of the command line.

    Attributes:
        name: As it is typed.
        about: What it does, for ``--help``.
        forms: What follows it, such as ``FILE``; options that no form names are added to each.
        options: Its options.
        examples: What may be typed after it; a second text says what that does.
        notes: What ``--help`` says at its end.
        words: Placeholder of what stands by itself; empty if nothing may.
        least: How many words it needs.
        most: How many it takes; None for any number.
        overrides: Whether ``--key value`` overrides the experiment, and ``--key.help`` shows a component.
        kinds: What the first word must be one of; empty where it may be anything.
        named: Of the kinds, the one that one more word may follow.
    """

    name: str
    about: str
    forms: tuple[str, ...]
    options: tuple[Option, ...] = ()
    examples: tuple[str | tuple[str, str], ...] = ()
    notes: str = ""
    words: str = ""
    least: int = 0
    most: int | None = None
    overrides: bool = False
    kinds: tuple[str, ...] = ()
    named: str = ""

    def option(self, name: str) -> Option | None:
        """Return the option of a name, short or long; None if it takes none of that name."""
        return next((option for option in self.options if name and name in (option.name, option.short)), None)

    def names(self) -> tuple[str, ...]:
        """Return the names of its options, and the short ones."""
        return tuple(name for option in self.options for name in (option.short, option.name) if name)

    def help(self) -> str:
        """Return what ``--help`` prints."""
        parts = [*self._usage(), "", self.about.strip(), ""]
        if self.options:
            parts += [*_columns((option.shown, option.help) for option in self.options), ""]
        parts += _columns(self._examples(), widest=WIDTH)
        parts += ["", self.notes.strip()] if self.notes else []
        return "\n".join(parts).replace("`segcli ", f"`{program()} ") + "\n"

    def _usage(self) -> list[str]:
        named = set(" ".join(self.forms).replace("[", " ").replace("]", " ").split())
        others = [option for option in self.options if not {option.name, option.short} & named]
        added = [f"[{option.shown}{' ...' if option.repeats else ''}]" for option in others]
        added += ["[--key value ...]"] if self.overrides else []
        lines: list[str] = []
        for form in self.forms:
            start = f"{'       ' if lines else 'usage: '}{program()} {self.name}"
            text = " ".join([start, *([form] if form else []), *(part.replace(" ", "\0") for part in added)])
            wrapped = _wrapped(text, WIDTH, indent=9)
            lines += [line.replace("\0", " ") for line in wrapped]
        return lines

    def _examples(self) -> list[tuple[str, str]]:
        pairs = [(example, "") if isinstance(example, str) else example for example in self.examples]
        return [(f"{program()} {self.name} {words}".rstrip(), what) for words, what in pairs]


def _columns(rows: Iterable[tuple[str, str]], widest: int = _WIDEST_NAME) -> list[str]:
    """Lay out two columns; what is wider than the first stands on a line of its own."""
    pairs = list(rows)
    fitting = [len(left) for left, right in pairs if right and len(left) <= widest]
    indent = 2 + max(fitting, default=widest) + _GAP
    lines: list[str] = []
    for left, right in pairs:
        wrapped = _wrapped(right, max(WIDTH - indent, WIDTH // 3))
        if not wrapped or len(left) > indent - 2 - _GAP:
            lines.append(f"  {left}")
        else:
            lines.append(f"  {left:{indent - 2}}{wrapped.pop(0)}")
        lines += [f"{' ' * indent}{line}" for line in wrapped]
    return lines


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)
