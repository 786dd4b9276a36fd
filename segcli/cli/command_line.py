"""The one reader of command lines: words, options and overrides of a verb, as it declares them. Free of torch."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from segcli.cli.misread import NEGATIONS, Meaning, Misreader, correction
from segcli.cli.verb import CHECKPOINT, CONFIG, FORMAT, Option, Verb
from segcli.cli.verbs import declared
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.library import COMPOSER_KEYS, SCALARS
from segcli.config.overrides import take_override
from segcli.experiment.arguments import RunArguments
from segcli.program import program
from segcli.registry import SECTIONS

HELP = ("-h", "--help")
_COMPONENT_HELP = ".help"
_PARTS = re.compile("[-_]")
_TOP_KEYS = {*SECTIONS, *SCALARS, *COMPOSER_KEYS, "data"}


@dataclass(frozen=True)
class Typed:
    """What was typed after a verb.

    Attributes:
        verb: The verb.
        line: All of it, as typed.
        words: What stands by itself.
        options: Values of each option that was given, by its long name; of a flag an empty text.
        overrides: ``--key value`` arguments as typed, for the composer.
        component: Of ``--model.decoder.help FPN``, the two words, or the first alone.
        wants_help: Whether ``--help`` was asked.
    """

    verb: Verb
    line: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    component: tuple[str, ...] = ()
    wants_help: bool = False

    def has(self, name: str) -> bool:
        """Return whether an option was given."""
        return bool(self.values(name))

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of an option that may be given several times, in the order typed.

        Raises:
            KeyError: If the verb declares no such option.
        """
        option = self.verb.option(name)
        if option is None:
            raise KeyError(f"{self.verb.name} declares no option {name}")
        return self.options.get(option.name, ())

    def value(self, name: str) -> str | None:
        """Return the value of an option; None if it was not given."""
        return next(iter(self.values(name)), None)

    @property
    def format(self) -> str:
        """Value of ``--format``; ``text`` unless given."""
        return self.value(FORMAT.name) or FORMAT.choices[0]

    @property
    def files(self) -> tuple[str, ...]:
        """Values of ``-c``."""
        return self.values(CONFIG.name)

    @property
    def checkpoint(self) -> Path | None:
        """Value of ``--ckpt_path``."""
        text = self.value(CHECKPOINT.name)
        return None if text is None else Path(text)

    @property
    def arguments(self) -> RunArguments:
        """What a verb that trains or measures works on."""
        checkpoint = self.checkpoint if self.verb.option(CHECKPOINT.name) else None
        files = [Path(file) for file in self.files]
        return RunArguments(self.verb.name, files, list(self.overrides), checkpoint, list(self.line))


def read(verb: Verb, line: Sequence[str]) -> Typed:
    """Read the command line of a verb.

    Args:
        verb: What it takes.
        line: What follows it.

    Raises:
        ConfigError: For every option that it does not take, is given twice, or has no value or a wrong one, and for
            words too many or too few; it ends with a command line that is right, where one is known.
    """
    typed, problems, corrected = _read(verb, line)
    if problems and corrected is not None:
        last = problems[-1]
        problems[-1] = replace(last, message=f"{last.message}\n{correction(*corrected)}")
    if problems:
        raise ConfigError(problems)
    return typed


def corrected(verb: Verb, line: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the verb and the line that a line was meant to be, itself if it is right; None if that is not known."""
    _, problems, better = _read(verb, line)
    return better if problems else (verb.name, tuple(line))


def _read(verb: Verb, line: Sequence[str]) -> tuple[Typed, list[Problem], tuple[str, tuple[str, ...]] | None]:
    """Return what was typed, what is wrong with it, and what would be right."""
    if any(word in HELP for word in line):
        return Typed(verb, tuple(line), wants_help=True), [], None
    reader = _Reader(verb, line)
    while reader.rest:
        reader.step()
        if reader.component:
            return Typed(verb, tuple(line), component=reader.component), [], None
    problems = reader.problems or reader.judge()
    options = {name: tuple(values) for name, values in reader.options.items()}
    typed = Typed(verb, tuple(line), tuple(reader.words), options, tuple(reader.overrides))
    if not problems or reader.better is None:
        return typed, problems, None
    other = declared(reader.better_verb)
    is_new = (other.name, reader.better) != (verb.name, list(line))
    is_right = is_new and not _read(other, reader.better)[1]
    return typed, problems, (other.name, tuple(reader.better)) if is_right else None


class _Reader:
    """Reads one argument after the other, and writes beside them what should have been typed.

    Attributes:
        rest: What is left to be read.
        words: What stood by itself.
        options: Values of options, by their long names.
        overrides: As typed.
        component: What help of a component was asked.
        problems: What is wrong.
        better: What should have been typed; None once that is not known.
        better_verb: The verb that it belongs to.
    """

    def __init__(self, verb: Verb, line: Sequence[str]) -> None:
        self.rest = list(line)
        self.words: list[str] = []
        self.options: dict[str, list[str]] = {}
        self.overrides: list[str] = []
        self.component: tuple[str, ...] = ()
        self.problems: list[Problem] = []
        self.better: list[str] | None = []
        self.better_verb = verb.name
        self._verb, self._misreader = verb, Misreader(verb, line)

    def step(self) -> None:
        """Read the next argument, with its value."""
        word = self.rest[0]
        name, equals, value = word.partition("=")
        option = self._verb.option(name)
        if option is not None:
            self._option(option, self.rest.pop(0), value if equals else None)
        elif self._verb.overrides and name.startswith("--") and name.endswith(_COMPONENT_HELP):
            following = [value] if equals else [word for word in self.rest[1:2] if not word.startswith("-")]
            self.component = (name, *following)
        elif self._verb.overrides and _is_override(name):
            self._override()
        elif word.startswith("-") and word != "-":
            self._wrong(self._misreader.unknown_option(self.rest))
        else:
            self._word(self.rest.pop(0))

    def judge(self) -> list[Problem]:
        """Return what is wrong with the line as a whole."""
        verb, first = self._verb, next(iter(self.words), "")
        if verb.kinds and first not in verb.kinds and (first or verb.least):
            message = f"{verb.name} does not know {first!r}{did_you_mean(first, verb.kinds)}" if first else ""
            needs = f"{verb.name} needs one of {', '.join(verb.kinds)}: {program()} {verb.name} {verb.forms[0]}"
            return [Problem(message or needs, options=verb.kinds)]
        if len(self.words) < verb.least:
            return [Problem(f"{verb.name} needs {verb.words}: {program()} {verb.name} {verb.forms[0]}")]
        kinds = {option.name: option.kind.split() for option in verb.options if option.kind}
        return [
            Problem(
                f"{verb.name} {first} has no option {name}; {verb.name} {' and '.join(kinds[name])} "
                f"{'has' if len(kinds[name]) == 1 else 'have'}",
                options=self._own(first),
            )
            for name in self.options
            if first not in kinds.get(name, [first])
        ]

    def _option(self, option: Option, word: str, value: str | None) -> None:
        typed, name = [word], word.partition("=")[0]
        if not option.value:
            if value is not None:
                return self._wrong(Meaning(Problem(f"{name} takes no value, got {value!r}"), (name,)))
            self.options[option.name] = [""]
            return self._right(typed)
        if value is None:
            if not self.rest or self.rest[0].startswith("--") or self._verb.option(self.rest[0]) is not None:
                return self._wrong(
                    Meaning(Problem(f"{name} needs a value: {name} {option.value}", options=option.choices))
                )
            value = self.rest.pop(0)
            typed.append(value)
        given = self.options.setdefault(option.name, [])
        if option.choices and value not in option.choices:
            message = f"{name} got {value!r}{did_you_mean(value, option.choices)}"
            return self._wrong(Meaning(Problem(message, options=option.choices)))
        if given and not option.repeats:
            message = f"{name} is given twice, with {given[0]!r} and {value!r}; leave one out"
            return self._wrong(Meaning(Problem(message), () if value == given[0] else None))
        given.append(value)
        return self._right(typed)

    def _override(self) -> None:
        override = take_override(self.rest)
        self.overrides += override.words
        if override.value is None:
            words = self._misreader.without_value(override.key)
            return self._wrong(Meaning(override.without_value(), words))
        return self._right(override.words)

    def _word(self, word: str) -> None:
        words = [*self.words, word]
        if whole := next((kind for kind in self._verb.kinds if len(words) > 1 and _PARTS.split(kind) == words), None):
            self.words = [whole]  # such as "own data" for own-data
            self.better = self.better and [*(other for other in self.better if other not in words), whole]
            return None
        if self._verb.most is None and (meaning := self._misreader.checkpoint(Path(word))) is not None:
            return self._wrong(meaning)
        self.words.append(word)
        is_named = self._verb.named in self.words[:1]
        if self._verb.most is not None and len(self.words) > self._verb.most + is_named:
            return self._wrong(self._misreader.surplus_word(self.words))
        return self._right([word])

    def _own(self, kind: str) -> tuple[str, ...]:
        return tuple(option.name for option in self._verb.options if not option.kind or kind in option.kind.split())

    def _wrong(self, meaning: Meaning) -> None:
        self.problems.append(meaning.problem)
        self.better_verb = meaning.verb or self.better_verb
        if self.better is not None:
            self.better = None if meaning.words is None else [*self.better, *meaning.words]

    def _right(self, words: Sequence[str]) -> None:
        if self.better is not None:
            self.better += words


def _is_override(name: str) -> bool:
    """Return whether a word can name a key of an experiment; what has no dot must be one of its top level."""
    is_long = name.startswith("--") and not name[2:].startswith(NEGATIONS)
    return is_long and ("." in name or name[2:].rstrip("+") in _TOP_KEYS)
