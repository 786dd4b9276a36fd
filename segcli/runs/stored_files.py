"""The only reader of what runs leave on disk: records, tables, experiments. Damage is an error with a reason.

Whoever needs a file of a run takes it from here, or through :class:`segcli.runs.stored_run.StoredRun`, so that a file
is checked once and in one way. Free of torch and NumPy.
"""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segcli.config.environment import ENVIRONMENT
from segcli.config.errors import ConfigError
from segcli.config.loader import load_text
from segcli.registry import SECTIONS
from segcli.runs.record_forms import LARGEST, Form, mapping, maybe, record
from segcli.runs.record_forms import text as string

Row = Mapping[str, float]

MOST_BYTES = 256 << 20
"""Size above which a file is no record of a run: the largest, ``splits.json``, names a million images in 50 MB."""
COUNTED = ("epoch", "step")
"""Columns of tables that hold whole numbers."""
CONFIG_FORM = record(
    {},
    {section: maybe(mapping()) for section in ("data", *SECTIONS)} | {ENVIRONMENT: maybe(mapping(maybe(string)))},
)


class StoredFileError(ValueError):
    """A stored file is missing, cannot be read or is not what it must be; the message names it and says why."""


def read_text(path: Path) -> str:
    """Return a file of text, lines ended by line feeds.

    Raises:
        StoredFileError: If it is missing, unreadable, too large or not UTF-8.
    """
    try:
        if not path.is_file():
            raise StoredFileError(f"has no {path.name}")
        if path.stat().st_size > MOST_BYTES:
            raise StoredFileError(f"{path.name} is damaged: it is larger than {MOST_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise StoredFileError(f"{path.name} cannot be read: it is not UTF-8 text") from None
    except OSError as error:
        raise StoredFileError(f"{path.name} cannot be read: {error.strerror or error}") from None


def read_json(path: Path, form: Form) -> Any:  # noqa: ANN401  (any JSON)
    """Return what a file of JSON holds.

    Args:
        path: The file.
        form: What it must look like.

    Raises:
        StoredFileError: If it cannot be read or looks otherwise.
    """
    text = read_text(path)
    try:
        content = json.loads(text)
    except RecursionError:
        raise StoredFileError(f"{path.name} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise StoredFileError(f"{path.name} cannot be read: {_line(error)}") from None
    if reason := form(content, ""):
        raise StoredFileError(f"{path.name} is damaged: {reason}")
    return content


def read_config(path: Path) -> dict[str, Any]:
    """Return the experiment in a ``config.yaml``, as plain values.

    Raises:
        StoredFileError: If it cannot be read or is no experiment.
    """
    text = read_text(path)
    try:
        content = load_text(text, path.name).plain()
    except ConfigError as error:
        raise StoredFileError(f"{path.name} cannot be read: {error.problems[0].message}") from None
    except (RecursionError, ValueError) as error:
        raise StoredFileError(f"{path.name} cannot be read: {_line(error)}") from None
    if reason := CONFIG_FORM(content, ""):
        raise StoredFileError(f"{path.name} is damaged: {reason}")
    return content


def read_cells(path: Path, is_whole: bool = True) -> list[dict[str, str]]:
    """Return the rows of a table as text, by column.

    Args:
        path: A file of comma-separated values with a heading.
        is_whole: Whether the last line is complete; else it is left out where it has no end, as a kill leaves it.

    Raises:
        StoredFileError: If it cannot be read, or a row does not fit the heading.
    """
    text = read_text(path)
    if not is_whole:
        text = text[: text.rfind("\n") + 1]
    try:
        heading, *rows = csv.reader(io.StringIO(text), strict=True) if text else [[]]
    except (csv.Error, ValueError) as error:
        raise StoredFileError(f"{path.name} is damaged: {_line(error)}") from None
    rows = [row for row in rows if row]
    if len(set(heading)) != len(heading) or any(len(row) != len(heading) for row in rows):
        raise StoredFileError(f"{path.name} is damaged: a row does not fit the heading")
    return [dict(zip(heading, row, strict=True)) for row in rows]


def read_numbers(path: Path, needed: Sequence[str] = ("step",), is_whole: bool = True) -> list[Row]:
    """Return the rows of a table of numbers, each with the columns that have a value.

    Args:
        path: The file.
        needed: Columns that must have a value in every row.
        is_whole: Whether the last line is complete; see :func:`read_cells`.

    Raises:
        StoredFileError: If it cannot be read, or a cell holds something else.
    """
    return [_numbers(path.name, line, row, needed) for line, row in enumerate(read_cells(path, is_whole), start=2)]


def _numbers(name: str, line: int, row: Mapping[str, str], needed: Sequence[str]) -> Row:
    found: dict[str, float] = {}
    for column, cell in row.items():
        try:
            value = float(cell) if cell else None
        except ValueError:
            raise StoredFileError(f"{name} is damaged: line {line} has no number under {column}") from None
        is_counted = column in COUNTED and value is not None
        if (value is None and column in needed) or (is_counted and not _is_whole(value)):
            raise StoredFileError(f"{name} is damaged: line {line} has no whole number under {column}")
        if value is not None:
            found[column] = value
    if missing := [column for column in needed if column not in found]:
        raise StoredFileError(f"{name} is damaged: it has no column {missing[0]}")
    return found


def _is_whole(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and 0 <= value <= LARGEST and value == int(value)


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
