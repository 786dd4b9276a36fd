"""Names of files as text: as paths tell of them too, but soon enough for a hundred thousand. Torch-free."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path


def without_suffix(path: str) -> str:
    """Return a path without its last extension; a dot that begins or ends the name begins none."""
    dot = path.rfind(".")
    return path[:dot] if _last_slash(path) + 1 < dot < len(path) - 1 else path


def stem_of(path: str) -> str:
    """Return the name of a file without its folder and its last extension."""
    short = without_suffix(path)
    return short[_last_slash(short) + 1 :]


def below(path: str, folder: str) -> str:
    """Return a path below a folder, with slashes; the path itself if it does not lie there.

    Args:
        path: Of a file.
        folder: Spelt as a path is; ``.`` for all relative ones.
    """
    if folder != ".":
        beginning = folder if folder.endswith(os.sep) else folder + os.sep
        path = path.removeprefix(beginning)
    return path if os.sep == "/" else path.replace(os.sep, "/")


def folder_of(path: str) -> str:
    """Return the folder of a file, as a path spells it."""
    if os.sep != "/":
        return str(Path(path).parent)
    at = path.rfind("/")
    return path[: at or 1] if at >= 0 else "."


def innermost(folder: str, folders: Collection[str]) -> str | None:
    """Return the innermost of several folders that a folder is or lies in; None if there is none."""
    while folder not in folders:
        above = folder_of(folder)
        if above == folder:
            return None
        folder = above
    return folder


def is_below(folder: str, folders: Collection[str]) -> bool:
    """Return whether a folder is one of several, or lies in one."""
    return innermost(folder, folders) is not None


def in_order(paths: Iterable[str]) -> list[str]:
    """Return paths as they are sorted part by part: what is in a folder before that beside it whose name goes on."""
    return sorted(paths, key=lambda path: os.path.normcase(path).replace(os.sep, "\0"))


def is_in_utf8(path: str) -> bool:
    """Return whether a name is text, so that records can hold it."""
    if path.isascii():
        return True
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _last_slash(path: str) -> int:
    return path.rfind("/") if os.sep == "/" else max(path.rfind("/"), path.rfind(os.sep))
