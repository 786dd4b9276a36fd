"""Split the command line of ``fit``, ``validate``, ``test`` and ``predict`` into its three kinds of arguments."""

from dataclasses import dataclass, field
from pathlib import Path

from segcli.config.errors import ConfigError, Problem


@dataclass
class RunArguments:
    """What was typed after the verb.

    Attributes:
        files: Experiment files, in order.
        overrides: ``--key value`` arguments as typed.
        checkpoint: Value of ``--ckpt_path``.
        help_for: ``--model.decoder.help FPN`` as typed, where that was asked.
        wants_help: Whether ``--help`` was asked.
    """

    files: list[Path] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    checkpoint: Path | None = None
    help_for: list[str] = field(default_factory=list)
    wants_help: bool = False


def parse(arguments: list[str]) -> RunArguments:
    """Split the arguments after the verb.

    Raises:
        ConfigError: If ``-c`` or ``--ckpt_path`` has no value.
    """
    parsed, rest = RunArguments(), list(arguments)
    while rest:
        word = rest.pop(0)
        flag, equals, value = word.partition("=")
        if word in ("-h", "--help"):
            parsed.wants_help = True
        elif flag in ("-c", "--config", "--ckpt_path"):
            value = value if equals else _value(flag, rest)
            if flag == "--ckpt_path":
                parsed.checkpoint = Path(value)
            else:
                parsed.files.append(Path(value))
        elif flag.startswith("--") and flag.endswith(".help"):
            named = not equals and bool(rest) and not rest[0].startswith("-")
            parsed.help_for = [flag, *([value] if equals else [rest.pop(0)] if named else [])]
        else:
            parsed.overrides.append(word)
            if not equals and rest and not rest[0].startswith("--") and rest[0] not in ("-c", "-h"):
                parsed.overrides.append(rest.pop(0))
    return parsed


def _value(flag: str, rest: list[str]) -> str:
    if not rest or rest[0].startswith("--"):
        raise ConfigError([Problem(f"{flag} needs a file")])
    return rest.pop(0)
