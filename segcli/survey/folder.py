"""What lies in a folder: all files by their paths, walked once."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

from segcli.datasets.pairing import files_below, is_image
from segcli.datasets.shapes import SUFFIXES
from segcli.datasets.unused_files import RECORD

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """Files of one kind in one folder.

    Attributes:
        parent: Folder below the root, with slashes; empty for the root itself.
        suffix: Of the files, as written, such as ``.png``.
        names: Names of the files without suffix, sorted.
    """

    parent: str
    suffix: str
    names: Sequence[str]

    def path(self, name: str) -> str:
        """Return the path of a file below the root."""
        return f"{self.parent}/{name}{self.suffix}" if self.parent else f"{name}{self.suffix}"

    @cached_property
    def reversed_names(self) -> list[str]:
        """Names written backwards, sorted."""
        return sorted(name[::-1] for name in self.names)


@dataclass(frozen=True)
class Folder:
    """All visible files below a folder.

    Attributes:
        root: The folder.
        files: Path below it, with slashes and in one form of Unicode, to file; runs in the folder are left out.
    """

    root: Path
    files: Mapping[str, Path]

    @cached_property
    def images(self) -> list[str]:
        """Files that are called like images, in the order of their paths."""
        return [path for path, file in self.files.items() if is_image(file)]

    @cached_property
    def groups(self) -> list[Group]:
        """Images, and files that may hold shapes, by folder and suffix."""
        found: dict[tuple[str, str], list[str]] = {}
        for path, file in self.files.items():
            if is_image(file) or file.suffix.lower() in SUFFIXES:
                parent, _, name = path.rpartition("/")
                stem = PurePosixPath(name).stem
                found.setdefault((parent, name[len(stem) :]), []).append(stem)
        return [Group(parent, suffix, sorted(names)) for (parent, suffix), names in found.items()]

    def named(self, *names: str, suffix: str = "") -> Iterator[str]:
        """Yield files of some names, in small or capital letters, or of a suffix, those nearest to the root first."""
        found = (
            path
            for path, file in self.files.items()
            if file.name.casefold() in names or (suffix and file.suffix.lower() == suffix)
        )
        yield from sorted(found, key=lambda path: (path.count("/"), path))


def look_at_folder(root: Path) -> Folder:
    """Return what lies below a folder.

    Args:
        root: An existing folder.
    """
    files = {
        unicodedata.normalize("NFC", file.relative_to(root).as_posix()): file
        for file in sorted(files_below(root, each_folder_once=False), key=str)
    }
    runs = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2] == RECORD}
    outside = {path: file for path, file in files.items() if not any(_is_below(path, run) for run in runs)}
    return Folder(root, outside if runs else files)


def spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many items, evenly spread, the first and the last among them.

    Args:
        items: What to choose from; their order is kept.
        most: At least 1.
    """
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(position * (len(items) - 1) / (most - 1))] for position in range(most)]


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
