"""Where the text of experiments, presets and components comes from: the disk, or one revision of a git repository."""

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from segcli import registry
from segcli.config.errors import ConfigError, Problem

PACKAGE = Path(registry.__file__).resolve().parent


class Files:
    """The files on disk."""

    def read_text(self, path: Path) -> str:
        """Return the text of a file.

        Raises:
            OSError: If it cannot be read.
            UnicodeDecodeError: If it is not UTF-8.
        """
        return path.read_text(encoding="utf-8")

    def size(self, path: Path) -> int:
        """Return the length of a file in bytes.

        Raises:
            OSError: If there is no such file.
        """
        return path.stat().st_size

    def is_file(self, path: Path) -> bool:
        """Return whether there is such a file."""
        try:
            return path.is_file()
        except (OSError, ValueError):  # a name that is too long, or holds a null character
            return False

    def below(self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml"), most: int | None = None) -> list[Path]:
        """Return the files of some suffixes in a folder and the folders in it, sorted, hidden ones left out.

        Args:
            folder: The folder.
            suffixes: Of the files.
            most: How many files to look at, and folders likewise, for suggestions; None for all.
        """
        return [Path(path) for path in self.texts_below(folder, suffixes, most)]

    def texts_below(
        self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml"), most: int | None = None
    ) -> list[str]:
        """Return the same as text, in a fraction of the time."""
        found, endings = list[str](), tuple(suffixes)
        for count, (where, folders, names) in enumerate(os.walk(folder)):
            if most is not None and max(count, len(found)) >= most:
                break
            folders[:] = [name for name in folders if not name.startswith(".")]
            own = (name for name in names if name.endswith(endings) and not name.startswith("."))
            found += [os.path.join(where, name) for name in own]  # noqa: PTH118  (there may be very many)
        return sorted(found, key=lambda path: path.split(os.sep))  # noqa: PTH206

    def show(self, path: Path) -> str:
        """Write a path as users would: below the working directory or, of this package, below where that lies."""
        resolved = path.resolve()
        for inside, folder in ((Path.cwd(), Path.cwd()), (PACKAGE, PACKAGE.parent)):
            if resolved.is_relative_to(inside):
                return str(resolved.relative_to(folder))
        return str(path)


class Revision(Files):
    """The files of one revision, at the paths that they have in the working tree.

    Only what differs between the two is read from git. What git ignores or does not hold, such as an installed package,
    is the same at every revision.

    Args:
        name: A commit, branch or tag.
        folder: Any folder of the repository.

    Raises:
        ConfigError: If ``folder`` is in no repository, or there is no such revision.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self.name, self._folder = name, folder or Path.cwd()
        self.top = Path(self._git("rev-parse", "--show-toplevel").strip())
        try:
            self.commit = self._git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").strip()
        except ConfigError:
            hint = "; in a shallow clone, fetch it first (git fetch origin)" if "/" in name else ""
            raise ConfigError([Problem(f"git knows no revision {name!r}{hint}")]) from None
        self._texts: dict[str, str] = {}

    def _git(self, *words: str) -> str:
        import subprocess

        try:
            command = ["git", *words]
            done = subprocess.run(command, cwd=self._folder, capture_output=True, encoding="utf-8", check=True)
        except FileNotFoundError:
            raise ConfigError([Problem("git is not installed; revisions cannot be read")]) from None
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().removeprefix("fatal: ") or f"git {' '.join(words)} failed"
            raise ConfigError([Problem(f"git says: {reason.splitlines()[0]}")]) from None
        return done.stdout

    @cached_property
    def changed(self) -> frozenset[Path]:
        """Every path whose content differs between the revision and the working tree, or that only one of them has."""
        at_top = ("-C", str(self.top))
        differing = self._git(*at_top, "diff", "--name-only", "--no-renames", "-z", self.commit).split("\0")
        new = self._git(*at_top, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
        return frozenset(self.top / name for name in (*differing, *new) if name)

    @cached_property
    def _blobs(self) -> dict[Path, str]:
        """Path to object id, of every file of the revision."""
        entries = self._git("ls-tree", "-r", "-z", "--full-tree", self.commit).split("\0")
        pairs = (entry.split("\t", 1) for entry in entries if entry)
        return {self.top / path: head.split()[2] for head, path in pairs if head.split()[1] == "blob"}

    def is_file(self, path: Path) -> bool:
        """Return whether the revision has such a file."""
        path = path.resolve()
        return path in self._blobs if path in self.changed else super().is_file(path)

    def size(self, path: Path) -> int:
        """Return the length of a file in bytes; of what differs, that of its characters."""
        return len(self.read_text(path)) if path.resolve() in self.changed else super().size(path)

    def read_text(self, path: Path) -> str:
        """Return the text that a file has in the revision."""
        path = path.resolve()
        if path not in self.changed:
            return super().read_text(path)
        if path not in self._blobs:
            raise FileNotFoundError(2, f"no such file at {self.name}", str(path))
        blob = self._blobs[path]
        if blob not in self._texts:
            self._texts[blob] = self._git("cat-file", "blob", blob)
        return self._texts[blob]

    def below(self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml"), most: int | None = None) -> list[Path]:
        """Return the files of some suffixes that the revision has in a folder and the folders in it."""
        folder = folder.resolve()
        if not folder.is_relative_to(self.top):
            return [Path(path) for path in super().texts_below(folder, suffixes, most)]
        found = (path for path in self._blobs if path.suffix in tuple(suffixes) and path.is_relative_to(folder))
        shown = (path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
        return sorted(shown)

    def texts_below(
        self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml"), most: int | None = None
    ) -> list[str]:
        """Return the same as text."""
        return [str(path) for path in self.below(folder, suffixes, most)]

    def show(self, path: Path) -> str:
        """Write a path as git does, ``REV:path``, where the revision has another content."""
        shown = super().show(path)
        return f"{self.name}:{shown}" if path.resolve() in self.changed else shown
