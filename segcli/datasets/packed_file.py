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
