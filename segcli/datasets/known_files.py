"""What earlier runs found out about files of a folder: a few bytes for each, as long as it is as it was.

As in git's index, a file is as it was if its size, times and inode are. One that was changed in the last two seconds
before it was read is not remembered: a second change might leave no trace. Without an inode and a time of the last
change of any kind, as on Windows, a file of equal size whose time was set back passes for the old one.
"""

import hashlib
import os
import struct
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.packed_file import PackedFile
from segcli.disk import cache_folder, whole_file

INSIDE = "\1"
"""In names, between a file and what lies inside it."""
FOLDER = "known_files"
RACY_NS = 2_000_000_000
"""Nanoseconds after a change in which another one may leave no trace: two seconds, the coarsest of file systems."""
MOST_BYTES = 2**29
"""Of all stores; those that were unused for longest are removed first."""
_BEGIN = b"segcli known files 1\n"
_HEADER = struct.Struct("<16sqqq")  # hash of what follows it; time in ns, files, bytes for each
_STATE = 4
_MOST = 2**63 - 1
_NUL, _FEATURELESS = "\0", (-1,) * _STATE

State = tuple[int, ...]


class KnownFiles:
    """Remember as many bytes for each file of a folder.

    A store that is missing, damaged, of another version or from the future is as good as an empty one, and one that
    cannot be written costs the next run time, and no more.

    Args:
        folder: Of the data; what is known of its files lies in one store, wherever below it they are.
        what: What is known of them; another word is another store.
        width: Bytes for each.
        is_trusted: Whether to use what is stored; otherwise it is only written.
    """

    def __init__(self, folder: Path, what: str, width: int, is_trusted: bool = True) -> None:
        place = hashlib.blake2b(os.fsencode(next(_absolute([str(folder / "_")]))), digest_size=12).hexdigest()
        self.file, self.width = cache_folder() / FOLDER / f"{what}-{place}.bin", width
        self._new: dict[str, tuple[State, bytes]] = {}
        self._known = _read(self.file, width) if is_trusted else _nothing(width)

    def look_up(self, paths: Sequence[str]) -> tuple[list[bytes | None], NDArray[np.int64]]:
        """Return what is known of every file, None where it must be read, and the sizes of files; -1 for no file.

        Args:
            paths: The files; relative ones are taken from the working directory. Of what lies inside one, its
                :func:`name_inside`, of which the state and the size are the file's.
        """
        states = np.frombuffer(array("q", [each for path in paths for each in _state_at(path)]), np.int64)
        states = states.reshape(len(paths), _STATE)
        rows = np.fromiter((self._known.rows.get(name, -1) for name in _absolute(paths)), np.int64, len(paths))
        found: list[bytes | None] = [None] * len(paths)
        if len(self._known.states):
            is_same = (rows >= 0) & (self._known.states[rows] == states).all(axis=1)
            is_same &= states[:, 1:3].max(axis=1) < time.time_ns()  # not of a clock that was wrong, or is
            values, width = self._known.values, self.width
            for at in is_same.nonzero()[0].tolist():
                start = int(rows[at]) * width
                found[at] = values[start : start + width]
        return found, states[:, 0]

    def read(self, path: str) -> tuple[bytes, State | None]:
        """Return what a file holds, and its state for :meth:`add`; None if it was being changed.

        Raises:
            OSError: If it cannot be read.
        """
        now = time.time_ns()
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (of text: paths are many)
            before = _state(os.fstat(file.fileno()))
            content = file.readall()
            after = _state(os.fstat(file.fileno()))
        return content, before if len(content) == before[0] and _is_still(before, after, now) else None

    def read_inside(self, part: PackedFile) -> tuple[bytes, State | None]:
        """Return what lies inside a file, and the state of that for :meth:`add`; None if it was being changed.

        Raises:
            DataError: If it cannot be read.
        """
        now, path = time.time_ns(), str(part.container)
        before = _state_at(path)
        content = part.read()
        return content, before if before != _FEATURELESS and _is_still(before, _state_at(path), now) else None

    def add(self, path: str, state: State | None, value: bytes) -> None:
        """Remember a file, for :meth:`save`; any thread may.

        Args:
            path: The file, or the :func:`name_inside` of what lies in one.
            state: As :meth:`read` returned it; a file without one is read again next time.
            value: ``width`` bytes.
        """
        if state is not None:
            self._new[next(_absolute([path]))] = state, value

    def save(self) -> None:
        """Write what was added beside what is stored of other files that are still there."""
        if not self._new:
            return
        stored = _read(self.file, self.width)  # another process may have written it meanwhile
        kept = [name for name in stored.rows if name not in self._new and os.path.lexists(_file(name))]
        at = np.array([stored.rows[name] for name in kept], np.int64)
        new = np.array([state for state, _ in self._new.values()], np.int64)
        states = np.concatenate([stored.states[at], new])
        values = b"".join(stored.values[row * self.width : (row + 1) * self.width] for row in at.tolist())
        values += b"".join(value for _, value in self._new.values())
        names = _NUL.join([*kept, *self._new]).encode("utf-8", "surrogateescape")
        content = states.astype("<i8").tobytes() + values + names
        with suppress(OSError):
            _make_room(self.file.parent, MOST_BYTES - len(content), self.file)
            with whole_file(self.file) as file:
                for part in (_BEGIN, _header(content, len(states), self.width), content):
                    file.write(part)
        self._new = {}


def name_inside(part: PackedFile) -> str:
    """Return by what name something inside a file is remembered."""
    return f"{part.container}{INSIDE}{part.identity.replace(os.sep, INSIDE)}"


class _Stored:
    """What a store holds: the state of every file, its bytes, and the row of each by its path."""

    def __init__(self, states: NDArray[np.int64], values: bytes, names: Sequence[str]) -> None:
        self.states, self.values, self.rows = states, values, dict(zip(names, range(len(names)), strict=True))


def _nothing(width: int) -> _Stored:
    return _Stored(np.empty((0, _STATE), np.int64), b"", ())


def _read(file: Path, width: int) -> _Stored:
    """Return a store; an empty one if it is not there, or not as it was written."""
    with suppress(OSError, ValueError, struct.error):
        content = file.read_bytes()
        start = len(_BEGIN) + _HEADER.size
        _, written, count, found_width = _HEADER.unpack_from(content, len(_BEGIN))
        rest = memoryview(content)[start:]
        is_whole = content.startswith(_BEGIN) and found_width == width
        if is_whole and content[len(_BEGIN) : start] == _header(rest, count, width, written):
            of_states, of_values = 8 * _STATE * count, width * count
            names = bytes(rest[of_states + of_values :]).decode("utf-8", "surrogateescape").split(_NUL)
            states = np.frombuffer(rest[:of_states], "<i8").reshape(count, _STATE).astype(np.int64)
            values = bytes(rest[of_states : of_states + of_values])
            if written <= time.time_ns() and len(names) == count:
                with suppress(OSError):
                    os.utime(file)  # the longest unused are removed first
                return _Stored(states, values, names)
    return _nothing(width)


def _header(content: bytes | memoryview, count: int, width: int, written: int | None = None) -> bytes:
    numbers = time.time_ns() if written is None else written, count, width
    digest = hashlib.blake2b(content, digest_size=16, key=struct.pack("<qqq", *numbers))
    return _HEADER.pack(digest.digest(), *numbers)


def _make_room(folder: Path, most_bytes: int, own: Path) -> None:
    """Remove the stores that were unused for longest until all but ``own`` take at most so many bytes."""
    others = [(path.stat(), path) for path in folder.glob("*.bin") if path != own]
    total = 0
    for about, path in sorted(others, key=lambda each: each[0].st_mtime, reverse=True):
        total += about.st_size
        if total > most_bytes:
            path.unlink(missing_ok=True)


def _state(about: os.stat_result) -> State:
    return about.st_size, min(about.st_mtime_ns, _MOST), min(about.st_ctime_ns, _MOST), about.st_ino & _MOST


def _file(name: str) -> str:
    """Return the file that is called so, or that something lies in."""
    return name.partition(INSIDE)[0]


def _is_still(before: State, after: State, now: int) -> bool:
    """Return whether a file was not being changed, nor so shortly before that another change may leave no trace."""
    return before == after and max(before[1:3]) + RACY_NS < now


def _state_at(path: str) -> State:
    """Return the state of a file; one that no file has where there is none, which is told when it is read."""
    try:
        return _state(os.stat(_file(path)))  # noqa: PTH116  (of text: paths are many)
    except (OSError, ValueError):
        return _FEATURELESS


def _absolute(paths: Sequence[str]) -> Iterator[str]:
    """Yield absolute paths, as :func:`os.path.abspath` makes them, each folder's once."""
    folders = dict[str, str]()
    for path in paths:
        folder, _, name = path.rpartition(os.sep)
        if folder not in folders:
            folders[folder] = os.path.join(os.path.abspath(f"{folder}{os.sep}" if os.sep in path else ""), "")  # noqa: PTH100, PTH118  (without ..)
        yield f"{folders[folder]}{name}"
