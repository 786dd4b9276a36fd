"""Get a data set into its folder: download, check, unpack, check, rename."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from segcli.config.output import say
from segcli.disk import sync_folder
from segcli.downloads.byte_progress import ByteProgress
from segcli.downloads.contents import check_file, pixel_digest
from segcli.downloads.data_set import DataSet, shown_bytes
from segcli.downloads.download_error import DownloadError
from segcli.downloads.transfer import load
from segcli.downloads.unpack import unpack

_UNPACKED = "unpacked"
"""Folder beside the archives that becomes the data set's."""


def is_free(root: Path) -> bool:
    """Return whether a folder is missing or empty, so that a data set may be put there."""
    return not root.exists() or (root.is_dir() and not any(root.iterdir()))


def fetch(data: DataSet, root: Path) -> bool:
    """Download a data set unless it is there; of several processes one does.

    Archives are kept in ``ROOT.download`` until the data set is whole; then they are removed and ``ROOT`` appears.

    Args:
        data: Which.
        root: The folder that is to hold it.

    Returns:
        Whether it was downloaded; False if all of it was there.

    Raises:
        DownloadError: If the folder holds something else, the data set cannot be had, or it is not what it should be.
    """
    place = Path(os.path.abspath(root))  # noqa: PTH100  (links stay as they are)
    with _told_as_disk(), _alone(place):
        if not is_free(place):
            _require_whole(data, place, root)
            return False
        work = place.with_name(f"{place.name}.download")
        work.mkdir(exist_ok=True)
        try:
            _require_space(data, work)
            _unpack(data, work, _archives(data, work))
            if place.is_dir():
                place.rmdir()
            (work / _UNPACKED).rename(place)
            sync_folder(place.parent)
            shutil.rmtree(work)
        except BaseException:
            with suppress(OSError):  # something is kept
                work.rmdir()
            raise
    return True


def _archives(data: DataSet, work: Path) -> list[Path]:
    """Return the archives, those that were missing downloaded, all of them compared with their checksums."""
    files = [work / archive.name for archive in data.archives]
    for archive, file in zip(data.archives, files, strict=True):
        if not file.is_file():
            say(f"downloading {archive.url}", file=sys.stderr)
            with ByteProgress(archive.name) as progress:
                load(archive.url, file, progress.show)
        check_file(file, archive.checksum)
    return files


def _unpack(data: DataSet, work: Path, archives: list[Path]) -> None:
    """Unpack and check; what is not as it should be is deleted, with its archives."""
    unpacked = work / _UNPACKED
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        for archive, file in zip(data.archives, archives, strict=True):
            say(f"unpacking {file.name}", file=sys.stderr)
            unpack(file, unpacked, archive.folder, data.most_unpacked)
        _require_contents(data, unpacked)
    except BaseException as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        if isinstance(error, DownloadError):
            for file in archives:
                file.unlink(missing_ok=True)
        raise


def _require_contents(data: DataSet, unpacked: Path) -> None:
    """Refuse what is not all of the data set, or has other pixels."""
    found = data.layout.count(unpacked)
    for split, count in data.images.items():
        if found[split] != count:
            raise DownloadError(
                f"what came has {found[split]} images with masks in {split}, expected {count}; it was deleted. The "
                "source may have changed: look at its page."
            )
    for folder, digest in data.pixels.items():
        if pixel_digest(unpacked / folder) != digest:
            raise DownloadError(
                f"{folder} that came has other images than {data.name} is known to have; it was deleted. Try again; if "
                "it stays so, the source has changed."
            )


def _require_whole(data: DataSet, place: Path, root: Path) -> None:
    if not data.is_whole(place):
        found = data.layout.count(place) if place.is_dir() else dict.fromkeys(data.images, 0)
        counts = ", ".join(f"{split} {found[split]} of {count}" for split, count in data.images.items())
        raise DownloadError(
            f"{root} is there and holds not all of {data.name} (images with masks: {counts}); nothing was changed. "
            "Move it away, or choose another folder."
        )


def _require_space(data: DataSet, work: Path) -> None:
    """Refuse a disk on which the archives and what is in them have no room."""
    there = sum(file.stat().st_size for file in work.iterdir() if file.is_file())
    needed, free = 2 * data.size - there, shutil.disk_usage(work).free
    if free < needed:
        raise DownloadError(
            f"{data.name} needs {shown_bytes(needed)} while it is unpacked, and the disk of {work.parent} has "
            f"{shown_bytes(free)}; choose another folder."
        )


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Wait until no other process gets the same folder, on this machine or another with the same disk."""
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place.with_name(f".{place.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for another process, which downloads {place}", file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):  # which Windows does to open files; those that wait make another one
            Path(lock.lock_file).unlink()
        lock.release()


@contextmanager
def _told_as_disk() -> Iterator[None]:
    """Tell what the disk refuses.

    Raises:
        DownloadError: In place of it.
    """
    try:
        yield
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise DownloadError(f"cannot write{where}: {error.strerror or error}") from None
