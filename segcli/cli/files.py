"""Files that verbs write where the command line says."""

from pathlib import Path

from segcli.config.errors import ConfigError, Problem
from segcli.disk import write_text


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all, through a symbolic link to where it leads.

    Raises:
        ConfigError: If it cannot be written.
    """
    try:
        write_text(path.resolve(), text)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror}")]) from None
