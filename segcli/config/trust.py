"""Whether what is read may come from somebody who is not trusted: a pull request, a stranger's file.

Then nothing is read but the files of the repository and of the package, no environment variable, and nothing is
imported that no registry names; see :func:`limited`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from segcli import registry
from segcli.config.files import PACKAGE

FLAG = "--trusted-only"
OWN_CODE = "--own-code"
_LIMIT: ContextVar[Path | None] = ContextVar("limit", default=None)
_SET_ASIDE: ContextVar[tuple[str, ...]] = ContextVar("set_aside", default=())


def is_limited() -> bool:
    """Return whether only trusted code and the files of the repository may be touched."""
    return _LIMIT.get() is not None


def may_read(path: Path) -> bool:
    """Return whether a file, symbolic links followed, may be read as part of an experiment."""
    limit = _LIMIT.get()
    return limit is None or any(_is_below(path, folder) for folder in (limit, PACKAGE))


def set_aside() -> tuple[str, ...]:
    """Return the folders whose modules are read as text alone, to know what components of one's own take."""
    return _SET_ASIDE.get()


@contextmanager
def limited(is_on: bool = True) -> Iterator[None]:
    """Trust only the registries, and only the files of the repository that the working directory is in.

    Modules and entry points come from installed packages alone: the repository leaves the search path. Modules of its
    own are read, never imported.

    Args:
        is_on: False changes nothing.
    """
    if not is_on:
        yield
        return
    top, before = _repository(), list(sys.path)
    token = _LIMIT.set(top)
    sys.path[:] = [entry for entry in before if entry and (_is_installed(entry) or not _is_below(Path(entry), top))]
    removed = (str(Path.cwd()), *(entry for entry in before if entry not in sys.path))
    aside = _SET_ASIDE.set(tuple(dict.fromkeys(removed)))
    registry.forget_entry_points()
    try:
        yield
    finally:
        sys.path[:] = before
        _LIMIT.reset(token)
        _SET_ASIDE.reset(aside)
        registry.forget_entry_points()


def _is_installed(entry: str) -> bool:
    """Return whether a folder of the search path holds installed packages; a virtual environment may lie anywhere."""
    import sysconfig

    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    return any(_is_below(Path(entry), Path(folder)) for folder in folders)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _repository() -> Path:
    """Return the folder of the repository that the working directory is in; else the working directory."""
    here = Path.cwd().resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
