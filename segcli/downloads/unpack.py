"""Unpack an archive of somebody else without leaving the folder: files and folders alone, no more than was stated."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple

from segcli.downloads.data_set import shown_bytes
from segcli.downloads.download_error import DownloadError

_BLOCK = 1 << 18
_ENTRY = 512
"""Bytes that a member counts beside its content, so that very many empty ones are too many as well."""


class _Member(NamedTuple):
    """What an archive holds under one name."""

    name: str
    kind: str
    content: IO[bytes] | None


class _Room:
    """What may still be written.

    Args:
        archive: Of which.
        most_bytes: All that may be.
    """

    def __init__(self, archive: Path, most_bytes: int) -> None:
        self._archive, self._most, self._left = archive, most_bytes, most_bytes

    def take(self, count: int) -> None:
        """Use up so many bytes.

        Raises:
            DownloadError: If there are not as many left.
        """
        self._left -= count
        if self._left < 0:
            raise DownloadError(
                f"{self._archive.name} holds more than the {shown_bytes(self._most)} that are known of it; it was not "
                "unpacked further."
            )


def unpack(archive: Path, folder: Path, inside: str, most_bytes: int) -> None:
    """Write the files of a tar or zip archive below a folder.

    Args:
        archive: The archive.
        folder: Where to; it may be there.
        inside: Folder of the archive whose content is wanted; empty for all of it.
        most_bytes: What it may hold at most.

    Raises:
        DownloadError: If a member would lie outside, is a link or a device, there is more than stated, nothing lies
            ``inside``, or the archive is damaged; what was written by then stays.
    """
    start = PurePosixPath(inside)
    room, count = _Room(archive, most_bytes), 0
    with _told_as_damage(archive):
        for member in _members(archive):
            path = _checked(member, archive)
            room.take(_ENTRY)
            if not path.is_relative_to(start):
                continue
            target = folder / path.relative_to(start)
            if member.content is None:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.content as content, target.open("wb") as file:
                while block := content.read(_BLOCK):
                    room.take(len(block))
                    file.write(block)
            count += 1
    if not count:
        raise DownloadError(f"{archive.name} holds no files in {inside or 'it'}.")


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                mode = info.external_attr >> 16
                kind = "" if stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR) else stat.filemode(mode)
                yield _Member(info.filename, kind, None if info.is_dir() or kind else zipped.open(info))
        return
    with tarfile.open(archive, "r|*") as tar:
        for entry in tar:
            kind = "" if entry.isfile() or entry.isdir() else "a link" if entry.islnk() or entry.issym() else "a device"
            yield _Member(entry.name, kind, tar.extractfile(entry) if entry.isfile() else None)


def _checked(member: _Member, archive: Path) -> PurePosixPath:
    """Return the path of a member that lies inside, on whatever system.

    Raises:
        DownloadError: If it does not, or is neither file nor folder.
    """
    path, elsewhere = PurePosixPath(member.name), PureWindowsPath(member.name)
    if path.is_absolute() or elsewhere.drive or elsewhere.root or ".." in elsewhere.parts or "\0" in member.name:
        raise DownloadError(f"{archive.name} would write {member.name!r}, outside of its folder; it was not unpacked.")
    if member.kind:
        raise DownloadError(f"{archive.name} holds {member.name!r}, {member.kind}; it was not unpacked.")
    return path


@contextmanager
def _told_as_damage(archive: Path) -> Iterator[None]:
    """Tell what is raised for a damaged archive.

    Raises:
        DownloadError: In place of it.
    """
    damaged = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
    try:
        yield
    except damaged as error:
        raise DownloadError(f"{archive.name} is no whole archive: {error}.") from None
    except OSError as error:
        if error.errno is None:  # of gzip, which tells so that a file is none of it
            raise DownloadError(f"{archive.name} is no whole archive: {error}.") from None
        raise
