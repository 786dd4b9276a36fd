"""Why a run cannot be read, as those are told who compare, record and repeat it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segcli.runs.stored_files import StoredFileError


class UnreadableRunError(ValueError):
    """A run is not whole; the message says what is missing.

    Attributes:
        path: Its folder.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class NotTestedError(UnreadableRunError):
    """A run was not tested by the best checkpoint that it has now."""


@contextmanager
def of_run(path: Path) -> Iterator[None]:
    """Name the run of which a file is damaged."""
    try:
        yield
    except StoredFileError as error:
        raise UnreadableRunError(path, str(error)) from None
