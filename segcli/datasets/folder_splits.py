"""Which files of a data set in folders train, validate and test."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from segcli.datasets.file_names import below, folder_of, innermost, is_below, without_suffix
from segcli.datasets.group_pattern import GroupPattern, GroupPatternError
from segcli.datasets.hash_split import hash_limit, hash_split
from segcli.datasets.pairing import find_images, listing, nearest
from segcli.datasets.split_folders import split_folders, unread_hint
from segcli.datasets.unused_files import run_folders, unused_files
from segcli.sample import DataError, NoSplitError

Masks = TypeVar("Masks")


@dataclass(frozen=True)
class FolderSplits:
    """Use folders per split where there are some, and split by hashes of names where there are none.

    Attributes:
        root: Folder of the data set.
        image_dir: Name of the folder with images.
        mask_dir: Name of the folder with masks.
        val_fraction: Share of images to validate with where there is no val folder, 0 to below 1.
        test_fraction: Share of images to test with where there is no test folder, 0 to below 1.
        split_seed: Seed of the split and of the choice that ``limit`` makes.
        limit: At most this many training images; None for all.
        group: Which images stay together in a split by hashes; None for each by itself.
        used: Files of the splits that were asked for.
    """

    root: Path
    image_dir: str
    mask_dir: str
    val_fraction: float
    test_fraction: float
    split_seed: int
    limit: int | None
    group: GroupPattern | None = None
    used: set[str] = field(default_factory=set, init=False, compare=False)
    _found: dict[tuple[Path, Path], list[Any]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _parts: dict[str, list[Any]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def _folders(self) -> dict[str, tuple[Path, Path]]:
        return split_folders(self.root, self.image_dir, self.mask_dir)

    def pairs(
        self, split: Literal["train", "val", "test"], pair: Callable[[Path, Path], list[tuple[str, Masks]]]
    ) -> list[tuple[str, Masks]]:
        """Return image, as text, and masks of every sample of a split.

        Args:
            split: The split.
            pair: Finds the masks of every image, given the folder of images and the folder of masks; for two of these,
                it is asked once.

        Raises:
            DataError: If a folder is missing or empty, images and masks do not pair up, or the split has no images.
        """
        found = self._all(split, pair)
        if not found:
            share = self.val_fraction if split == "val" else self.test_fraction
            hint = unread_hint(self.root, self.image_dir)
            unit = "an image" if self.group is None else f"a group of data.group {self.group.text!r}"
            if split == "train":
                where = self.root / split / self.image_dir
                raise DataError(
                    f"{self.root} has no images to train with beside those of other splits.\n"
                    f"  Make a folder {where}.{hint}"
                )
            raise NoSplitError(
                f"{self.root} has no images to {split} with: there is no {split} folder, and data.{split}_fraction "
                f"{share} leaves it none.\n  Set data.{split}_fraction above 0 and have {unit} for every split, or "
                f"make a folder {self.root / split / self.image_dir}.{hint}"
            )
        if split == "train" and self.limit is not None:
            return hash_limit(found, self._own_names([image for image, _ in found]), self.limit, self.split_seed)
        return found

    def to_predict(self) -> list[Path]:
        """Return the images in ``root/image_dir`` if that exists, else those in ``root``, each with its sub-folders.

        What lies in folders called ``mask_dir``, or in those of runs, is left out.

        Raises:
            DataError: If there are none.
        """
        folder, masks = self.root / self.image_dir, self.root / self.mask_dir
        if folder.is_dir():
            return find_images(folder, without=masks)
        inside, runs = find_images(self.root, without=masks), run_folders(self.root)
        return [image for image in inside if not self._is_made(image, runs)] or inside

    def _is_made(self, image: Path, runs: set[str]) -> bool:
        """Return whether a file below the root is a mask, or of a run."""
        below = f"/{image.relative_to(self.root).parent.as_posix()}/"
        return f"/{self.mask_dir}/" in below or bool(runs & {str(parent) for parent in image.parents})

    def unused(self) -> list[Path]:
        """Return files that no split uses of those that were asked for; empty before any was."""
        folders = self._folders
        pairs = {split: {*pair} for split, pair in folders.items()}
        pairs = pairs or {"": {self.root / self.image_dir, self.root / self.mask_dir}}
        inside = {folder_of(file) for file in self.used}
        asked = {
            split
            for split, pair in pairs.items()
            if any(is_below(folder, {str(path) for path in pair}) for folder in inside)
        }
        apart = [path for split, pair in pairs.items() if split not in asked for path in pair]
        whole = [path for split, pair in pairs.items() if split in asked for path in pair]
        return unused_files(self.root, self.used, whole, apart) if asked else []

    def _paired(
        self, folders: tuple[Path, Path], pair: Callable[[Path, Path], list[tuple[str, Masks]]]
    ) -> list[tuple[str, Masks]]:
        if folders not in self._found:
            self._found[folders] = pair(*folders)
            for image, masks in self._found[folders]:
                self.used.add(image)
                self.used.update(map(str, filter(None, masks if isinstance(masks, list | tuple) else [masks])))
        return self._found[folders]

    def _all(self, split: str, pair: Callable[[Path, Path], list[tuple[str, Masks]]]) -> list[tuple[str, Masks]]:
        folders = self._folders
        if split in folders and (split != "train" or {"val", "test"} <= set(folders)):
            return self._paired(folders[split], pair)
        if split in self._parts:
            return self._parts[split]
        pool = folders.get("train", (self.root / self.image_dir, self.root / self.mask_dir))
        missing = [folder for folder in pool if not folder.is_dir()]
        if missing:
            raise DataError(
                f"there are no images to {split} with: {missing[0]} is missing; {listing(nearest(missing[0]))}.\n"
                "  Set data.root, data.image_dir and data.mask_dir to what your folders are called."
                f"{unread_hint(self.root, self.image_dir)}"
            )
        others = {str(images) for name, (images, _) in folders.items() if name != "train"}  # which may lie in the pool
        pairs = self._paired(pool, pair)
        if others:
            pairs = [each for each in pairs if not is_below(folder_of(each[0]), others)]
        fractions = [
            0.0 if name in folders else share
            for name, share in (("test", self.test_fraction), ("val", self.val_fraction))
        ]
        (test, val), train = hash_split(pairs, self._names([image for image, _ in pairs]), fractions, self.split_seed)
        self._parts.update(train=train, val=val, test=test)
        return self._parts[split]

    def _names(self, images: Sequence[str]) -> list[str]:
        """Return what is hashed of every image: its group, or its own name."""
        if self.group is None:
            return self._own_names(images)
        return named_groups(self.group, [below(image, str(self.root)) for image in images])

    def _own_names(self, images: Sequence[str]) -> list[str]:
        """Return the names of images, of those in sub-folders with the folders that tell them from others."""
        folders = self._folders.values()
        known = {str(self.root / self.image_dir), *(str(folder) for folder, _ in folders)}
        folders_of = [*map(folder_of, images)]
        innermost = {folder: _innermost(folder, known) for folder in set(folders_of)}
        return [
            without_suffix(below(image, innermost[folder])) for image, folder in zip(images, folders_of, strict=True)
        ]


def _innermost(folder: str, folders: Collection[str]) -> str:
    """Return the innermost of some folders that a folder lies in; itself if there is none."""
    found = innermost(folder, folders)
    return folder if found is None else found


def named_groups(pattern: GroupPattern, paths: Sequence[str]) -> list[str]:
    """Return the group of every image.

    Args:
        pattern: Of ``data.group``.
        paths: Of images below the folder of the data.

    Raises:
        DataError: If the pattern does not fit one of them.
    """
    try:
        return pattern.groups(paths)
    except GroupPatternError as error:
        raise DataError(f"data.group {error}.") from None
