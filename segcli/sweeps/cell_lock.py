"""A lock on a cell, so that two sweeps do not train it at the same time."""

import contextlib
import os
from pathlib import Path

from segcli.config.errors import ConfigError, Problem
from segcli.disk import HAS_LOCKS, try_lock, unlock


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
        if not try_lock(handle):
            os.close(handle)
            return False
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
        return (self._handle,) if self._handle is not None and HAS_LOCKS else ()

    def name_process(self, process: int) -> None:
        """Say who is at work."""
        if self._handle is not None:
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, f"{process}\n".encode())

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
        unlock(self._handle)
        os.close(self._handle)
        self._handle = None
