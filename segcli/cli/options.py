"""Split the command line of the verbs that only read experiments into files, options and overrides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.run_folder import write_text

FORMATS = {"--format": ("text", "markdown", "json")}


@dataclass
class Options:
    """What was typed after the verb.

    Attributes:
        words: What stands by itself, such as files.
        files: Values of ``-c``, where that is taken.
        flags: Options without a value that were given.
        values: Options with a value that were given.
        overrides: ``--key value`` arguments as typed, for the composer.
    """

    words: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)

    @property
    def format(self) -> str:
        """Value of ``--format``; ``text`` unless given."""
        return self.values.get("--format", "text")


def parse_options(
    words: Sequence[str],
    flags: Sequence[str] = (),
    values: Mapping[str, Sequence[str]] = FORMATS,
    takes_overrides: bool = False,
) -> Options:
    """Split the arguments after the verb.

    Args:
        words: The arguments.
        flags: Options without a value.
        values: Options with a value, and what it may be; nothing stands for anything.
        takes_overrides: Whether any other ``--key value`` overrides the experiment. ``-c FILE`` is then a file, as in
            ``fit``.

    Raises:
        ConfigError: If an option is unknown, or its value missing or none of those it may be.
    """
    parsed, rest = Options(), list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word in flags:
            parsed.flags.add(word)
        elif name in values or (takes_overrides and name in ("-c", "--config")):
            if not equals:
                value = _next(rest, name)
            if name not in values:
                parsed.files.append(value)
                continue
            if values[name] and value not in values[name]:
                message = f"{name} got {value!r}{did_you_mean(value, values[name])}"
                raise ConfigError([Problem(message, options=tuple(values[name]))])
            parsed.values[name] = value
        elif takes_overrides and word.startswith("--"):
            parsed.overrides.append(word)
            if not equals and rest and not rest[0].startswith("--"):
                parsed.overrides.append(rest.pop(0))
        elif word.startswith("-") and word != "-":
            known = (*flags, *values)
            raise ConfigError([Problem(f"no option {name!r}{did_you_mean(name, known)}", options=known)])
        else:
            parsed.words.append(word)
    return parsed


def _next(rest: list[str], name: str) -> str:
    if not rest or rest[0].startswith("--"):
        raise ConfigError([Problem(f"{name} needs a value")])
    return rest.pop(0)


def experiment_file(word: str) -> Path:
    """Return the file that a word of the command line names: itself, or the config of a run folder.

    Raises:
        ConfigError: If there is no such file; the message suggests one.
    """
    path = Path(word)
    if (path / "config.yaml").is_file():
        return path / "config.yaml"
    if path.is_file():
        return path
    if path.is_dir():
        raise ConfigError([Problem(f"{word} is a folder without a config.yaml; name a file, or the folder of a run")])
    near = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    raise ConfigError([Problem(f"no file {word}{did_you_mean(word, near)}")])


def only_file(verb: str, words: list[str]) -> Path:
    """Return the one file that was typed.

    Raises:
        ConfigError: If there was none or several, or it does not exist.
    """
    if len(words) != 1:
        raise ConfigError([Problem(f"{verb} takes one file, got {len(words)}: segcli {verb} FILE")])
    return experiment_file(words[0])


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all, through a symbolic link to where it leads.

    Raises:
        ConfigError: If it cannot be written.
    """
    try:
        write_text(path.resolve(), text)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror}")]) from None
