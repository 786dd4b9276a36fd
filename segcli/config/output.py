"""The one place where text leaves for a terminal or a log file.

Nothing that is printed moves the cursor, changes colours or breaks its line, whatever values of experiments, names of
files, classes or runs are in it; and no character that an output's encoding lacks ends a verb.
"""

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from segcli.config.escape import plain, visible


def say(*lines: object, file: TextIO | None = None) -> None:
    """Print lines at once.

    Args:
        lines: Each stays one, whatever is in it.
        file: Where to; None for standard output.
    """
    _write("".join(f"{visible(str(line))}\n" for line in lines), file)


def say_text(text: str, file: TextIO | None = None) -> None:
    """Print a text whose lines were made with care for the values in them, such as YAML or a table of Markdown.

    Args:
        text: Of lines; the last may lack its end.
        file: Where to; None for standard output.
    """
    _write(f"{plain(text)}\n" if text and not text.endswith("\n") else plain(text), file)


def accept_every_character() -> None:
    """Let outputs write characters that their encoding lacks as escapes, where else they would end the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError):  # it is closed
                stream.reconfigure(errors="backslashreplace")


def escape_warnings() -> None:
    """Let warnings, and what Lightning logs, be printed as harmless as everything else; call it once that is loaded."""
    if not isinstance(warnings.formatwarning, _Harmless):
        warnings.formatwarning = _Harmless(warnings.formatwarning)
    for name in ("pytorch_lightning", "lightning_fabric"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _HarmlessRecords) for each in logger.filters):
            logger.addFilter(_HarmlessRecords())


class _Harmless:
    """Escapes what a function returns, which writes a warning."""

    def __init__(self, write: Callable[..., str]) -> None:
        self._write = write

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        return plain(self._write(*args, **kwargs))


class _HarmlessRecords(logging.Filter):
    """Escapes messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = plain(record.getMessage()), None
        return True


def _write(text: str, file: TextIO | None) -> None:
    stream = sys.stdout if file is None else file
    stream.write(text)
    stream.flush()
