"""Where the text of experiments, presets and components comes from: the disk, or one revision of a git repository."""

import subprocess
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

    def is_file(self, path: Path) -> bool:
        """Return whether there is such a file."""
        return path.is_file()

    def below(self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml")) -> list[Path]:
        """Return the files of some suffixes in a folder and the folders in it, sorted, hidden ones left out."""
        found = (path for path in folder.rglob("*") if path.suffix in tuple(suffixes) and self.is_file(path))
        return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))

    def show(self, path: Path) -> str:
        """Write a path as users would: below the working directory or, of this package, below where that lies."""
        resolved = path.resolve()
        for inside, folder in ((Path.cwd(), Path.cwd()), (PACKAGE, PACKAGE.parent)):
            if resolved.is_relative_to(inside):
                return str(resolved.relative_to(folder))
        return str(path)


class Revision(Files):
    """The files of one revision, at the paths that they have in the working tree.

    What git ignores or does not hold, such as an installed package, is read from disk.

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
    def blobs(self) -> dict[str, str]:
        """Path below the top to object id, of every file of the revision."""
        entries = self._git("ls-tree", "-r", "-z", "--full-tree", self.commit).split("\0")
        pairs = (entry.split("\t", 1) for entry in entries if entry)
        return {path: head.split()[2] for head, path in pairs if head.split()[1] == "blob"}

    @cached_property
    def _owned(self) -> set[str]:
        """Files of the working tree that git holds, or would with ``git add``."""
        listed = self._git("-C", str(self.top), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return set(listed.split("\0"))

    def changed(self) -> set[Path]:
        """Return every path whose content differs between the revision and the working tree."""
        differing = self._git("-C", str(self.top), "diff", "--name-only", "--no-renames", "-z", self.commit).split("\0")
        new = self._git("-C", str(self.top), "ls-files", "-z", "--others", "--exclude-standard").split("\0")
        return {self.top / name for name in (*differing, *new) if name}

    def _inside(self, path: Path) -> str | None:
        """Return the path below the top, if the revision decides about it; None if the disk does."""
        try:
            name = path.resolve().relative_to(self.top).as_posix()
        except ValueError:
            return None
        return name if name in self.blobs or name in self._owned or not path.exists() else None

    def is_file(self, path: Path) -> bool:
        """Return whether the revision has such a file."""
        name = self._inside(path)
        return path.is_file() if name is None else name in self.blobs

    def read_text(self, path: Path) -> str:
        """Return the text that a file has in the revision."""
        name = self._inside(path)
        if name is None:
            return super().read_text(path)
        if name not in self.blobs:
            raise FileNotFoundError(2, f"no such file at {self.name}", str(path))
        if name not in self._texts:
            folder, _, file = name.rpartition("/")
            suffix = file[file.rfind(".") :]
            self._fetch([n for n in self.blobs if n.endswith(suffix) and n.rpartition("/")[0] == folder])
        return self._texts[name]

    def _fetch(self, names: list[str]) -> None:
        """Read files in one call of git."""
        wanted = "".join(f"{self.blobs[name]}\n" for name in names)
        command = ["git", "cat-file", "--batch"]
        content = subprocess.run(command, cwd=self.top, input=wanted.encode(), capture_output=True, check=True).stdout
        at = 0
        for name in names:
            start = content.index(b"\n", at) + 1
            at = start + int(content[at:start].split()[2]) + 1
            self._texts[name] = content[start : at - 1].decode("utf-8", errors="replace")

    def below(self, folder: Path, suffixes: Iterable[str] = (".yaml", ".yml")) -> list[Path]:
        """Return the files of some suffixes that the revision has in a folder and the folders in it."""
        found = (self.top / name for name in self.blobs if name.endswith(tuple(suffixes)))
        inside = (path for path in found if path.is_relative_to(folder.resolve()))
        return sorted(path for path in inside if not _is_hidden(path.relative_to(folder.resolve())))

    def show(self, path: Path) -> str:
        """Write a path as git does: ``REV:path``; what the disk decides about, as users would."""
        name = self._inside(path)
        return super().show(path) if name is None else f"{self.name}:{super().show(path)}"


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
