"""Images by the names that files of annotations give them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from segcli.datasets.pairing import files_below
from segcli.sample import DataError


class NamedImages:
    """Find an image by the end of its path; where several end so, that in a folder called like the split is meant.

    Args:
        root: Folder of the data set.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _found(self) -> Mapping[str, Sequence[Path]]:
        found: dict[str, list[Path]] = {}
        for path in sorted(files_below(self.root)) if self.root.is_dir() else ():
            found.setdefault(path.name, []).append(path)
        return found

    def find(self, name: str, split: str, file: Path) -> Path:
        """Return the file of an image.

        Args:
            name: As annotations call it.
            split: Of the image; empty where it is not known.
            file: Of the annotations, for errors.

        Raises:
            ValueError: If the name is empty.
            DataError: If there is none, or there are several.
        """
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts:
            raise ValueError("an image has no name")
        ending = [path for path in self._found.get(parts[-1], ()) if path.parts[-len(parts) :] == parts]
        of_split = [
            path for path in ending if any(split and split in part for part in path.relative_to(self.root).parts)
        ]
        fitting = of_split if len(ending) > 1 and of_split else ending
        if len(fitting) != 1:
            what = f"{fitting[0]} and {fitting[1]} both end so" if fitting else "there is none"
            raise DataError(
                f"{file} names the image {name}, and below {self.root} {what}; correct data.root or the file."
            )
        return fitting[0]

    def name_of(self, path: Path) -> str:
        """Return what a record calls an image: its path below the folder, without suffix."""
        return path.relative_to(self.root).with_suffix("").as_posix()
