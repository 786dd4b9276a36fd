"""The folder of one run: ``runs/<name>/<number>/``, never one that exists already."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from segcli.disk import HAS_LOCKS, try_lock, write_text
from segcli.processes import is_first_process

FOLDER_VARIABLE = "SEGCLI_RUN_FOLDER"
CONFIG = "config.yaml"
COMPOSED = "composed.yaml"
PASSPORT = "passport.json"
CHECKPOINTS = "checkpoints"
PACKAGES_FILE = "packages.txt"
PATCH = "uncommitted.patch"
SPLITS = "splits.json"
METRICS = "metrics.csv"
TIMING = "timing.csv"
WORST = "worst"
BEST, LAST = "best.ckpt", "last.ckpt"
PICTURES = "predictions"
_STAGED = ".starting."
_STALE_S = 60.0
"""Age from which a folder that is not there yet, and that no process holds, is one of a process that was killed."""


_locks: set[int] = set()
"""Locked folders; loader processes, which outlive a killed run by seconds, must not keep the locks."""


def _close_locks() -> None:
    for handle in _locks:
        os.close(handle)
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_locks)


class RunFolderError(OSError):
    """A run folder cannot be made or written; the message says what to do."""


class RunFolder:
    """A folder that this process may write its results to.

    Args:
        path: The folder; it exists, but for one that :meth:`reserve` returned.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parent: Path | None = None
        self._made: tuple[Path, ...] = ()
        self._lock: int | None = None

    @classmethod
    def create(cls, parent: Path) -> RunFolder:
        """Make ``parent/<number>``, empty; see :meth:`reserve` and :meth:`appearing`.

        Raises:
            RunFolderError: If it cannot be made.
        """
        run = cls.reserve(parent)
        with run.appearing():
            return run

    @classmethod
    def reserve(cls, parent: Path) -> RunFolder:
        """Return a folder ``parent/<number>`` that :meth:`appearing` will make.

        Only rank 0 makes it. Processes that it starts find it in the environment; those that were started beside it
        get the parent, and whoever writes in them asks rank 0.
        """
        if not is_first_process():
            inherited = os.environ.get(FOLDER_VARIABLE)
            return cls(Path(inherited) if inherited else parent)
        run = cls(parent)
        run._parent = parent
        return run

    @contextlib.contextmanager
    def appearing(self) -> Iterator[None]:
        """Let a reserved folder appear with all that a block writes into it, locked, and with the next free number.

        Until then it has a name that nobody takes for a run; a process that is killed in the block leaves no run. One
        that is there already stays as it is.

        Raises:
            RunFolderError: If it cannot be made, or the block cannot write.
        """
        parent, self._parent = self._parent, None
        if parent is None:
            yield
            return
        self._made = tuple(folder for folder in (parent, *parent.parents) if not folder.exists())
        staged: Path | None = None
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_stale(parent)
            self.path = staged = Path(tempfile.mkdtemp(dir=parent, prefix=_STAGED))
            staged.chmod(0o755)
            self.acquire()
            yield
            self.path = _numbered(staged, parent)
        except BaseException as error:
            self.release()
            self._remove(staged)
            if not isinstance(error, OSError):
                raise
            reason = error.strerror or str(error)
            raise RunFolderError(
                f"cannot make a run folder in {parent}: {reason}; choose another place with --run.root DIR"
            ) from None
        self.announce()

    @classmethod
    def of_checkpoint(cls, checkpoint: Path) -> RunFolder | None:
        """Return the run folder that a checkpoint lies in, or None if it was moved away from its run."""
        inside = [parent for parent in checkpoint.resolve().parents if parent.name == CHECKPOINTS]
        path = inside[0].parent if inside else checkpoint
        if not (path / CONFIG).is_file():
            return None
        try:
            return cls(path.relative_to(Path.cwd()))
        except ValueError:
            return cls(path)

    def require_writable(self) -> None:
        """See that files can be written here.

        Raises:
            RunFolderError: If not.
        """
        try:
            _try_to_write(self.path)
        except OSError as error:
            raise RunFolderError(f"cannot write to {self.path}: {error.strerror or error}") from None

    def announce(self) -> None:
        """Tell processes that this one starts which folder it is."""
        os.environ[FOLDER_VARIABLE] = str(self.path.resolve())

    def acquire(self) -> bool:
        """Keep other processes from resuming this run; the lock ends with :meth:`release` or this process.

        Returns:
            Whether it was free.
        """
        if not HAS_LOCKS:
            return True
        handle = os.open(self.path, os.O_RDONLY)
        if not try_lock(handle):
            os.close(handle)
            return False
        self._lock = handle
        _locks.add(handle)
        return True

    def release(self) -> None:
        """Let other processes resume this run."""
        if self._lock is not None:
            _locks.discard(self._lock)
            os.close(self._lock)
            self._lock = None

    @property
    def runs(self) -> Path:
        """Folder of the runs of all experiments."""
        return self.path.parent if self._parent is not None else self.path.parent.parent

    @property
    def config(self) -> Path:
        """The resolved experiment."""
        return self.path / CONFIG

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints are written."""
        return self.path / CHECKPOINTS

    @property
    def last_checkpoint(self) -> Path:
        """The state that the run resumes from, once there is one."""
        return self.checkpoints / LAST

    @property
    def pictures(self) -> Path:
        """Where pictures of predictions are written."""
        return self.path / PICTURES

    def discard(self) -> bool:
        """Remove the folder of a run that failed before it had results, and the parents that were made for it.

        Returns:
            Whether it was removed; a folder with anything but the records of a start is kept.
        """
        if not is_first_process() or any(not _is_record(path) for path in self.path.iterdir()):
            return False
        self._remove(self.path)
        os.environ.pop(FOLDER_VARIABLE, None)
        return True

    def _remove(self, path: Path | None) -> None:
        """Remove the folder at a path, and the parents that were made for it."""
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)
        for parent in self._made:
            with contextlib.suppress(OSError):  # another run is in it by now
                parent.rmdir()


def is_run(path: str | Path) -> bool:
    """Return whether a folder is that of a run, finished or not."""
    return (Path(path) / CONFIG).is_file()


def _is_record(path: Path) -> bool:
    """Return whether a file is written at every start, before there is any result."""
    return path.name in (
        CONFIG,
        COMPOSED,
        PASSPORT,
        PACKAGES_FILE,
        PATCH,
        SPLITS,
        "hparams.yaml",
    ) or path.name.startswith("events.out.")


def _try_to_write(folder: Path) -> None:
    write_text(folder / ".writable", "")
    (folder / ".writable").unlink()


def _numbered(staged: Path, parent: Path) -> Path:
    """Rename a folder to the number one above the highest there is."""
    while True:
        taken = [int(child.name) for child in parent.iterdir() if child.name.isdecimal()]
        path = parent / str(max(taken, default=0) + 1)
        try:
            staged.rename(path)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another run took the number in between
                raise
            continue
        return path


def _remove_stale(parent: Path) -> None:
    """Remove what processes left that were killed while their folder was not there yet."""
    for path in parent.glob(f"{_STAGED}*"):
        with contextlib.suppress(OSError):
            folder = RunFolder(path)
            if time.time() - path.stat().st_mtime > _STALE_S and folder.acquire():
                folder.release()
                shutil.rmtree(path, ignore_errors=True)
