"""Which files of a data set in folders train, validate and test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from segcli.datasets.group_pattern import GroupPattern, GroupPatternError
from segcli.datasets.hash_split import hash_limit, hash_split
from segcli.datasets.pairing import find_images, listing, nearest
from segcli.datasets.split_folders import split_folders
from segcli.sample import DataError

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
    """

    root: Path
    image_dir: str
    mask_dir: str
    val_fraction: float
    test_fraction: float
    split_seed: int
    limit: int | None
    group: GroupPattern | None = None

    def pairs(
        self, split: Literal["train", "val", "test"], pair: Callable[[Path, Path], list[tuple[Path, Masks]]]
    ) -> list[tuple[Path, Masks]]:
        """Return image and masks of every sample of a split.

        Args:
            split: The split.
            pair: Finds the masks of every image, given the folder of images and the folder of masks.

        Raises:
            DataError: If a folder is missing or empty, images and masks do not pair up, or the split has no images.
        """
        found = self._all(split, pair)
        if not found:
            share = self.val_fraction if split == "val" else self.test_fraction
            unit = "an image" if self.group is None else f"a group of data.group {self.group.text!r}"
            raise DataError(
                f"{self.root} has no images to {split} with: there is no {split} folder, and data.{split}_fraction "
                f"{share} leaves it none.\n  Set data.{split}_fraction above 0 and have {unit} for every split, or "
                f"make a folder {self.root / split / self.image_dir}."
            )
        if split == "train":
            return hash_limit(found, [image.stem for image, _ in found], self.limit, self.split_seed)
        return found

    def to_predict(self) -> list[Path]:
        """Return the images in ``root/image_dir`` if that exists, else those directly in ``root``.

        Raises:
            DataError: If there are none.
        """
        folder = self.root / self.image_dir
        return find_images(folder if folder.is_dir() else self.root)

    def _all(self, split: str, pair: Callable[[Path, Path], list[tuple[Path, Masks]]]) -> list[tuple[Path, Masks]]:
        folders = split_folders(self.root, self.image_dir, self.mask_dir)
        if split in folders and (split != "train" or {"val", "test"} <= set(folders)):
            return pair(*folders[split])
        pool = folders.get("train", (self.root / self.image_dir, self.root / self.mask_dir))
        missing = [folder for folder in pool if not folder.is_dir()]
        if missing:
            raise DataError(
                f"there are no images to {split} with: {missing[0]} is missing; {listing(nearest(missing[0]))}.\n"
                "  Set data.root, data.image_dir and data.mask_dir to what your folders are called."
            )
        pairs = pair(*pool)
        fractions = [
            0.0 if name in folders else share
            for name, share in (("test", self.test_fraction), ("val", self.val_fraction))
        ]
        (test, val), train = hash_split(pairs, self._names([image for image, _ in pairs]), fractions, self.split_seed)
        return {"train": train, "val": val, "test": test}[split]

    def _names(self, images: Sequence[Path]) -> list[str]:
        """Return what is hashed of every image: its group, or its own name."""
        if self.group is None:
            return [image.stem for image in images]
        return named_groups(self.group, [image.relative_to(self.root).as_posix() for image in images])


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
