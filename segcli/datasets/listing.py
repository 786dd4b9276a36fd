"""Find the images of a data set, with the files of their masks."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

from segcli.datasets.record import Record
from segcli.sample import DataError


class Listing(ABC):
    """List the images of a data set.

    Attributes:
        root: Folder of the data set.
        has_masks: Whether masks are looked for.
        split_name: What names the split of an image, in words.
    """

    root: Path
    has_masks: bool
    split_name: str

    @abstractmethod
    def images(self) -> list[Record]:
        """Return all images, each with the masks that it has; there may be none.

        Raises:
            DataError: If there is no image, or files are at fault.
        """

    def records(self) -> list[Record]:
        """Return all images, of which some have masks.

        Raises:
            DataError: If none has, or as :meth:`images` does.
        """
        return self.images()

    def loose_images(self) -> list[Path]:
        """Return images that lie in the folder itself where none lies as in the data set: new ones, to predict."""
        return []

    def check_settings(self) -> None:  # noqa: B027  (most have nothing to refuse)
        """Refuse settings that do not go together; reads no files.

        Raises:
            DataError: If there are such.
        """


def require_once(files: Iterable[Path], where: str) -> None:
    """Refuse a file that stands for several images, or for the masks of several.

    Args:
        files: All of them.
        where: What names them.

    Raises:
        DataError: For the first such file.
    """
    seen = set[Path]()
    for file in files:
        if file in seen:
            raise DataError(f"{where} names {file} twice; an image and its mask are in a data set once. Remove one.")
        seen.add(file)
