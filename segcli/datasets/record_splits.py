"""Which samples train, validate and test: as their paths, a table or lists of names say, else by hashes of names."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from glob import escape
from pathlib import Path
from unicodedata import normalize

from segcli.config.errors import did_you_mean
from segcli.datasets.file_names import below, stem_of, without_suffix
from segcli.datasets.folder_splits import named_groups
from segcli.datasets.group_pattern import GroupPattern
from segcli.datasets.hash_split import hash_limit, hash_split
from segcli.datasets.pairing import few, listing, nearest
from segcli.datasets.record import Record
from segcli.datasets.split_folders import NAMES, SPLITS
from segcli.sample import DataError

FIELD = "{split}"
_ALL = "default"
"""A list of all images, as tools write that know no splits."""
_BESIDE = {"train": ("val", "test"), "val": ("train", "test"), "test": ("train", "val")}
_SIGNS = {"train": ("train", "tr"), "val": ("val", "dev", "eval"), "test": ("test", "ts")}
"""What names of splits are or hold."""


@dataclass(frozen=True)
class RecordSplits:
    """Choose the samples of a split.

    A split that paths, a table or lists name is that. Where they name none for validation or test, it is taken by
    hashes of names from training; where they name none at all, from all images.

    Attributes:
        root: Folder of the data set.
        records: All images of it.
        named: Split to its name in paths and names of lists; None takes the usual names, ``valid`` for validation too.
        split_files: Path below the root of a file of names for each split, with ``{split}``; None for none. A line is a
            name or a path, or begins with one.
        val_fraction: Share of images to validate with where no split is named so, 0 to below 1.
        test_fraction: The same for tests.
        split_seed: Seed of the split by hashes and of the choice that ``limit`` makes.
        limit: At most this many training images; None for all.
        group: Which images stay together in a split by hashes; None for each by itself, unless records say it.
        split_name: What names the split of an image, in words.
        kept: Leaves out images that are not to be used.
    """

    root: Path
    records: Sequence[Record]
    named: Mapping[str, str] | None
    split_files: str | None
    val_fraction: float
    test_fraction: float
    split_seed: int
    limit: int | None
    group: GroupPattern | None = None
    split_name: str = FIELD
    kept: Callable[[Sequence[Record]], Sequence[Record]] = list

    def of(self, split: str) -> list[Record]:
        """Return the samples of a split, in the order of their names; there may be none.

        Args:
            split: ``train``, ``val`` or ``test``.

        Raises:
            DataError: If names of splits or lists are at fault, or a pattern of groups does not fit.
        """
        names = self._names
        if split in names and split != "train":
            return list(self.kept(self._members(split)))
        pool = list(self.kept(self._members("train") if "train" in names else [] if names else self._all))
        fractions = [
            0.0 if name in names else share
            for name, share in (("test", self.test_fraction), ("val", self.val_fraction))
        ]
        (test, val), train = hash_split(pool, self._hashed(pool), fractions, self.split_seed)
        if split == "train":
            return hash_limit(train, [record.name for record in train], self.limit, self.split_seed)
        return val if split == "val" else test

    def used(self) -> list[Record]:
        """Return the samples of all splits that can be read."""
        found = list[Record]()
        for split in self._names:
            with suppress(DataError):  # of a list that nobody asked for
                found += self._members(split)
        return list(self.kept(found if self._names else self._all))

    def absence(self, split: str) -> str:
        """Return why a split that has no images has none, and what to do."""
        members = self._members(split) if split in self._names else [] if self._names else self._all
        if members and not self.kept(members):
            return f"none of its {len(members)} images has a mask; correct data.mask, or data.missing_masks."
        if split == "train":
            return f"there is {', '.join(self._names)}, and none to train with; name a split train in data.splits."
        share = {"val": self.val_fraction, "test": self.test_fraction}[split]
        grouped = self.group is not None or any(record.group is not None for record in self.records)
        unit = "a group of data.group" if grouped else "an image"
        return (
            f"nothing names a split {split}, and data.{split}_fraction {share} leaves it none.\n  Set "
            f"data.{split}_fraction above 0 and have {unit} for every split, or name one in data.splits."
        )

    @cached_property
    def _all(self) -> list[Record]:
        """Images that any split may have where nothing names one."""
        file = self._lists.get(_ALL) if self.split_files is not None else None
        return list(self.records) if file is None else self._listed(file)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Return what splits are called, of those that something names."""
        _require_splits(self.named)
        if self.split_files is None:
            texts = dict.fromkeys(record.split for record in self.records if record.split)
            names: Mapping[str, str] = self._meant(texts, self.split_name)
        else:
            names = self._names_of_lists()
        return {split: text for split in SPLITS for text, meant in names.items() if meant == split}

    def _members(self, split: str) -> list[Record]:
        """Return the samples of a split that something names.

        Raises:
            DataError: If its list is at fault, or shares an image with one that is used beside it.
        """
        if self.split_files is None:
            return [record for record in self.records if record.split == self._names[split]]
        if split not in self._read:
            self._read[split] = self._listed(self._lists[self._names[split]])
        own = {record.image_name for record in self._read[split]}
        for other in _BESIDE[split]:
            shared = [record.image_name for record in self._read.get(other, ()) if record.image_name in own]
            if shared:
                raise DataError(f"{shared[0]} is in the lists of {split} and {other}; take it out of one.")
        return self._read[split]

    @cached_property
    def _read(self) -> dict[str, list[Record]]:
        """Samples of the lists that were read."""
        return {}

    def _meant(self, texts: Mapping[str, object], where: str) -> dict[str, str]:
        """Return what names of splits mean, of those that are used.

        Raises:
            DataError: If one that was asked for is not there, two are of one split, or none is for validation.
        """
        if self.named is not None:
            if absent := [name for name in self.named.values() if name not in texts]:
                raise DataError(
                    f"data.splits got {dict(self.named)}, and {where} is nowhere {absent[0]!r}; there are "
                    f"{few([*texts]) or 'no others'}. Correct data.splits."
                )
            return {name: split for split, name in self.named.items()}
        known = {text: NAMES[text.casefold()] for text in texts if text.casefold() in NAMES}
        strangers = [text for text in texts if text not in known and text != _ALL]
        for split in SPLITS:
            if len(both := [text for text, meant in known.items() if meant == split]) > 1:
                raise DataError(f"{where} is {both[0]} and {both[1]}, both of split {split}; choose in data.splits.")
        if strangers and "val" not in known.values():
            raise DataError(
                f"{where} is {few([*texts])}, and none of these is called like a split to validate with.\n  Give "
                f"data.splits, such as {_shown(_guess([*texts], known))}, or train alone to validate with a part."
            )
        return known

    @cached_property
    def _lists(self) -> Mapping[str, Path]:
        """Return the lists of names, by what stands for ``{split}``."""
        assert self.split_files is not None
        parts = self.split_files.split("/")
        glob = "/".join("*" if part == FIELD else escape(part).replace(escape(FIELD), "*") for part in parts)
        regex = re.compile(
            "([^/]+)".join(map(re.escape, self.split_files.split(FIELD, 1))).replace(re.escape(FIELD), r"\1")
        )
        files = sorted(file for file in self.root.glob(glob) if file.is_file()) if self.root.is_dir() else ()
        texts = ((regex.fullmatch(file.relative_to(self.root).as_posix()), file) for file in files)
        return {found[1]: file for found, file in texts if found}

    def _names_of_lists(self) -> Mapping[str, str]:
        """Return the names of lists that are used, with the split that each is of."""
        files = self._lists
        if not files:
            fixed = self.root / self.split_files.partition(FIELD)[0] if self.split_files else self.root
            raise DataError(
                f"data.split_files got {self.split_files!r}, which fits no file; {listing(nearest(fixed))}."
            )
        names = self._meant(files, f"{FIELD} of data.split_files")
        if not names and _ALL not in files:
            raise DataError(
                f"data.split_files got {self.split_files!r}, and {few([*files])} is not called like a split; give "
                f"data.splits, such as {{train: {next(iter(files))}}}."
            )
        return names

    def _listed(self, file: Path) -> list[Record]:
        """Return the images that a file names."""
        names = self._index
        lines = [line.strip() for line in _text(file).splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        found = [_first_known((line, line.split()[0], line.split(",")[0].strip()), names) for line in lines]
        strangers = [line for line, name in zip(lines, found, strict=True) if name not in names]
        if strangers:
            raise DataError(
                f"{file} names {len(strangers)} images that data.image does not find: {few(strangers)}; correct "
                "data.image, or the file."
            )
        if twice := [name for name in found if names[name] is None]:
            raise DataError(
                f"{file} names {twice[0]}, as several images are called; name them by their paths below {self.root}."
            )
        if not lines:
            raise DataError(f"{file} names no image; fill it, or leave it out.")
        chosen = {record.image_name for name in found if (record := names[name]) is not None}
        return [record for record in self.records if record.image_name in chosen]

    @cached_property
    def _index(self) -> Mapping[str, Record | None]:
        """Return every image by all that lists may call it; None by what several are called."""
        found: dict[str, Record | None] = {}
        for record in self.records:
            path = below(record.image_name, str(self.root))
            names = record.name, path, without_suffix(path), path.rpartition("/")[2], stem_of(path)
            for name in {normalize("NFC", name) for name in names}:
                found[name] = None if name in found else record
        return found

    def _hashed(self, records: Sequence[Record]) -> list[str]:
        """Return what is hashed of every image: its group, or its own name."""
        if self.group is None:
            return [record.name if record.group is None else record.group for record in records]
        return named_groups(self.group, [below(record.image_name, str(self.root)) for record in records])


def _require_splits(named: Mapping[str, str] | None) -> None:
    """Refuse keys of ``data.splits`` that are no splits, and one name for two of them."""
    if odd := [split for split in named or () if split not in SPLITS]:
        raise DataError(
            f"data.splits got the key {odd[0]!r}{did_you_mean(odd[0], SPLITS)}, expected train, val and test, each "
            "with what it is called."
        )
    if named and len({*named.values()}) < len(named):
        raise DataError(f"data.splits got {dict(named)}, expected another name for each split.")


def _guess(texts: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the likeliest names of splits: usual ones, and those that resemble them."""
    found = {split: text for text, split in known.items()}
    for split, signs in _SIGNS.items():
        alike = [text for text in texts if _resembles(text.casefold(), signs) and text not in found.values()]
        if split not in found and alike:
            found[split] = alike[0]
    return {split: found[split] for split in SPLITS if split in found} or {"train": texts[0]}


def _resembles(text: str, signs: Sequence[str]) -> bool:
    """Return whether a text is a sign, or holds one of three letters or more."""
    return any(text == sign or (len(sign) > 2 and sign in text) for sign in signs)


def _shown(splits: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{split}: {name}" for split, name in splits.items()) + "}"


def _first_known(names: Sequence[str], known: Mapping[str, object]) -> str:
    """Return the first of some spellings that is known, without what says nothing; the first of all if none is."""
    spelt = [normalize("NFC", name.replace("\\", "/").removeprefix("./").lstrip("/")) for name in names]
    return next((name for name in spelt if name in known), spelt[0])


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as text ({error}); save it as UTF-8.") from None
