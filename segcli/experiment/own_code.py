"""Import the modules of one's own that an experiment names; what goes wrong in them is told with its line."""

import importlib
import os
from collections.abc import Iterable
from pathlib import Path

from segcli.config.errors import TRACEBACK, ConfigError, Problem, in_a_line
from segcli.config.foreign import Foreign
from segcli.config.library import installed
from segcli.config.node import Source
from segcli.experiment.errors.origin import own_line
from segcli.experiment.errors.plain_words import shorten


def import_own(foreign: Iterable[Foreign]) -> None:
    """Import the modules of classes, before anybody who would wrap their errors does.

    Args:
        foreign: Places that name code outside of the registries, or of a package that brings components.

    Raises:
        ConfigError: For every module that cannot be imported; one of no package that is not there is left to the next
            to tell.
    """
    problems = []
    for each in foreign:
        module, _, name = each.name.replace(":", ".").rpartition(".")
        try:
            if each.is_class and module:
                found = importlib.import_module(module)
                if each.package:
                    getattr(found, name)
        except (Exception, SystemExit) as error:
            if os.environ.get(TRACEBACK):
                raise
            is_absent = (
                not each.package
                and isinstance(error, ModuleNotFoundError)
                and f"{module}.".startswith(f"{error.name}.")
            )
            problems += [] if is_absent else [_problem(error, module, each)]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


def _problem(error: BaseException, module: str, each: Foreign) -> Problem:
    package = f" of the package {each.package}" if each.package else ""
    message = (
        f"importing {module}{package} failed: {type(error).__name__}: {shorten(_said(error)) or 'without a message'}"
    )
    return Problem(message, each.key, _raised_at(error) or each.source, each.source)


def _said(error: BaseException) -> str:
    return in_a_line(error.msg if isinstance(error, SyntaxError) else error)


def _raised_at(error: BaseException) -> Source | None:
    """Return the last line of code of one's own that an error passed."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return Source(installed().files.show(Path(error.filename)), error.lineno)
    own = own_line(error)
    return own.source if own is not None else None
