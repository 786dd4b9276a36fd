"""Files that lie inside others, such as an image in a table, and what samples are made of."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PackedFile(ABC):
    """A file inside another one, which is read when it is needed, in whichever process that is.

    Attributes:
        container: The file that holds it.
        key: What it is called in there; no other is called so.
    """

    container: Path
    key: str

    @property
    def path(self) -> Path:
        """What it is called in messages and results: a path that goes on inside the container."""
        return self.container / self.key

    @property
    def grouped_as(self) -> Path:
        """By what path patterns group it: its own, or the container's where it is a part of that."""
        return self.path

    @property
    def identity(self) -> str:
        """What tells it from all else that may be read from the container, whatever the settings; text in a line."""
        return self.key

    @property
    def follows_container(self) -> bool:
        """Whether it stays as it is as long as the container does, so that its digest may be remembered."""
        return False

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of an image in pixels, where they are known without reading it."""
        return None

    def stored_bytes(self) -> int:
        """Return a number of bytes that stands for its content where this shall not be hashed."""
        return len(self.read())

    @abstractmethod
    def read(self) -> bytes:
        """Return its content.

        Raises:
            DataError: If the container cannot be read.
        """


Source = Path | PackedFile | bytes
"""What a sample is made of: a file, one inside another, or bytes that it follows from."""


Name = str | PackedFile | bytes
"""The same with the name of a file as text: of many files those are had sooner."""


def read_source(source: Source) -> bytes:
    """Return the content of what a sample is made of.

    Raises:
        OSError: If a file cannot be read.
        DataError: If one inside another cannot.
    """
    if isinstance(source, PackedFile):
        return source.read()
    return source.read_bytes() if isinstance(source, Path) else source


def file_of(source: Source) -> Path | None:
    """Return the file on disk that a source lies in; None of bytes."""
    if isinstance(source, PackedFile):
        return source.container
    return source if isinstance(source, Path) else None
