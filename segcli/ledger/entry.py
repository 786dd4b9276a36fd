"""One recorded result: ``results/<name>.json`` in the folder of the experiments. Free of torch and NumPy."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from segcli.config.errors import ConfigError, Problem
from segcli.config.keys import PREDICTIONS
from segcli.config.library import installed
from segcli.program import PROGRAM
from segcli.runs.predictions import Predictions
from segcli.runs.record_forms import flag, listing, mapping, maybe, number, record, text, whole
from segcli.runs.stored_files import StoredFileError, read_json

RESULTS = "results"
"""Folder of the recorded results, in that of the experiments."""
SCHEMA = 1
"""Version of what such a file holds."""
_WIDEST = 110
_figure = record({"mean": number, "sd": maybe(number), "n": whole})
_figures = record({}, {"mIoU": maybe(_figure), "mDice": maybe(_figure), "pixel_accuracy": maybe(_figure)})
_run = record({}, {"ended": maybe(text), "git": maybe(record({"commit": text, "uncommitted": flag}))})
_cost = record({}, {**dict.fromkeys(("parameters", "train_s", "images_per_s"), maybe(number)), "device": maybe(text)})
ENTRY_FORM = record(
    {
        "schema": whole,
        "experiment": listing(text),
        "overrides": listing(text),
        "experiment_hash": text,
        "val": _figures,
        "cost": _cost,
        "data": mapping(),
        "settings": mapping(),
        "runs": listing(_run),
    },
    {"test": maybe(_figures), PREDICTIONS: record({"folder": text})},
)


class Figure(NamedTuple):
    """A score over the runs of an entry.

    Attributes:
        mean: Over the runs that have it.
        sd: Standard deviation between them (n - 1 in the denominator); None of a single run.
        n: How many have it.
    """

    mean: float
    sd: float | None
    n: int


@dataclass(frozen=True)
class Entry:
    """A recorded result.

    Attributes:
        name: Stem of its file.
        content: What the file holds, as :func:`segcli.ledger.runs.entry_of` puts it together.
    """

    name: str
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Entry":
        """Read one file.

        Raises:
            ConfigError: If it is no recorded result, or damaged.
        """
        try:
            content = read_json(path, mapping())
            if content.get("schema") != SCHEMA:
                raise _unusable(path, "is no result that this version of segcli recorded")
            reason = ENTRY_FORM(content, "")
        except StoredFileError as error:
            raise _unusable(path, str(error).removeprefix(f"{path.name} ")) from None
        if not reason and not (content["experiment"] and content["runs"]):
            reason = "experiment or runs missing"
        if not reason and not all(_is_inside(file) for file in content["experiment"]):
            reason = "experiment names a file outside of the working directory"
        if reason:
            raise _unusable(path, f"is damaged: {reason}")
        return cls(path.stem, content)

    def text(self) -> str:
        """Return what the file is to hold: keys in their order, in lines that can be reviewed."""
        return _pretty(self.content) + "\n"

    @property
    def files(self) -> tuple[Path, ...]:
        """The experiment file, and others that were laid over it; relative to the working directory."""
        return tuple(Path(file) for file in self.content["experiment"])

    @property
    def overrides(self) -> tuple[str, ...]:
        """What the command line changed, the seed left out."""
        return tuple(self.content["overrides"])

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every value that can change the result, by dotted key, as it was when the runs were made."""
        return self.content["settings"]

    @property
    def command(self) -> str:
        """The command that repeats the first run, seed apart."""
        predictions = self.content.get(PREDICTIONS)
        return command(self.files, self.overrides, predictions and Predictions.of(predictions))

    def figure(self, metric: str = "mIoU", stage: str = "val") -> Figure | None:
        """Return a score over the runs; None if no run has it, as before any test."""
        found = (self.content.get(stage) or {}).get(metric)
        return Figure(found["mean"], found["sd"], found["n"]) if found else None

    def is_of(self, other: "Entry") -> bool:
        """Return whether both were trained by one command, whatever its files said at the time."""
        return self.command == other.command


def read_entries(folder: Path) -> list[Entry]:
    """Return the recorded results of a folder of experiments, by name.

    Raises:
        ConfigError: For every file that is none.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    for path in sorted((folder / RESULTS).glob("*.json")):
        try:
            entries.append(Entry.read(path))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return entries


def command(files: tuple[Path, ...], overrides: tuple[str, ...] = (), predictions: Predictions | None = None) -> str:
    """Return the command line that trains an experiment, or scores a folder of predictions by it."""
    given = [word for file in files for word in ("-c", file.as_posix())]
    verb = ["fit"] if predictions is None else ["evaluate", *predictions.words()]
    return f"{PROGRAM} {shlex.join([*verb, *given, *overrides])}"


def _pretty(value: Any, indent: str = "") -> str:  # noqa: ANN401  (any JSON)
    """Return JSON whose innermost mappings and lists stand in one line where they fit."""
    line = json.dumps(value, ensure_ascii=False)
    parts = list(value.values() if isinstance(value, Mapping) else value) if isinstance(value, Mapping | list) else []
    is_inner = not any(isinstance(part, Mapping | list) and part for part in parts)
    if not parts or (is_inner and len(indent) + len(line) <= _WIDEST):
        return line
    keys = (
        [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        if isinstance(value, Mapping)
        else [""] * len(parts)
    )
    inner = indent + "  "
    lines = (f"{inner}{key}{_pretty(part, inner)}" for key, part in zip(keys, parts, strict=True))
    brackets = "{}" if isinstance(value, Mapping) else "[]"
    return brackets[0] + "\n" + ",\n".join(lines) + "\n" + indent + brackets[1]


def _is_inside(file: str) -> bool:
    return bool(file) and "\0" not in file and not PurePath(file).is_absolute() and ".." not in PurePath(file).parts


def _unusable(path: Path, reason: str) -> ConfigError:
    advice = "take it from git as it was, or remove it and record the runs again"
    return ConfigError([Problem(f"{installed().files.show(path)} {reason}; {advice}")])
