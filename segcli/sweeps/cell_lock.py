"""A lock on a cell, so that two sweeps do not train it at the same time."""

import contextlib
import os
from pathlib import Path

from segcli.config.errors import ConfigError, Problem

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class CellLock:
    """Hold a cell while its run is at work.

    The child inherits the lock, so that a run whose sweep was killed keeps other sweeps away until it ends.

    Args:
        path: The lock's file; its text is the id of the process at work.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock; return whether it was free.

        Raises:
            ConfigError: If its file cannot be made.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ConfigError([Problem(f"cannot write to {self.path.parent}: {error.strerror}")]) from None
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
            except OSError:  # the file system has no such locks
                pass
        os.truncate(handle, 0)
        self._handle = handle
        return True

    @property
    def is_held(self) -> bool:
        """Whether this is who holds it."""
        return self._handle is not None

    @property
    def inherited(self) -> tuple[int, ...]:
        """What a child is to keep open."""
        return (self._handle,) if self._handle is not None and fcntl is not None else ()

    def name_process(self, process: int) -> None:
        """Say who is at work."""
        if self._handle is not None:
            os.pwrite(self._handle, f"{process}\n".encode(), 0)

    def holder(self) -> str:
        """Return who is at work, for a message."""
        with contextlib.suppress(OSError):
            text = self.path.read_text(encoding="utf-8").strip()
            if text:
                return f"process {text}"
        return "another process"

    def release(self) -> None:
        """Give the cell back, also on behalf of what the child left running."""
        if self._handle is None:
            return
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        os.close(self._handle)
        self._handle = None
