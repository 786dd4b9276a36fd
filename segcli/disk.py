"""Files that appear whole or not at all, and locks on them. Free of torch."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CACHE_VARIABLE = "SEGCLI_CACHE"
HAS_LOCKS = fcntl is not None
"""Whether this system has the locks of :func:`try_lock`."""


def cache_folder() -> Path:
    """Return where segcli keeps what can be found out again: $SEGCLI_CACHE, or segcli in the user's cache folder."""
    own = os.environ.get(CACHE_VARIABLE)
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "segcli"


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as file:
        file.write(content)


_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}")
"""Temporary names that :mod:`tempfile` makes of the file's."""


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write that appears when the block has ended, under a temporary name beside it until then.

    Raises:
        OSError: If it cannot be written; ``filename`` says which it is, also for a full disk.
    """
    with whole_path(path) as temporary, temporary.open("wb") as file:
        yield file


@contextlib.contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Yield the path of an empty file to be written, which gets its name when the block has ended.

    Raises:
        OSError: As of :func:`whole_file`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what :func:`whole_path` left in a folder, or in folders in it, when the process was killed."""
    for path in folder.rglob(".*"):
        if _UNFINISHED.fullmatch(path.name) and path.is_file():
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder last through a power cut, where the system offers that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def try_lock(handle: int) -> bool:
    """Lock an open file or folder for this process and for those that inherit it, until all have closed it.

    Returns:
        Whether it was free; True as well where the file system, or Windows, has no such locks.
    """
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # the file system has no such locks
            pass
    return True


def unlock(handle: int) -> None:
    """End a lock, also on behalf of processes that inherited it."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
