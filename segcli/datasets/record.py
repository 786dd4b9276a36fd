"""One sample of a data set as it lies on disk, however the data set is laid out."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from segcli.datasets.file_names import stem_of
from segcli.datasets.packed_file import PackedFile, Source

AnyPath = TypeVar("AnyPath", Path, Path | None)


class _File(Generic[AnyPath]):
    """A path that is kept as text, in a tenth of the time and memory, and is a path to those who ask.

    A text must be spelt as its path is.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, holder: object, owner: type) -> AnyPath:
        if holder is None:
            raise AttributeError  # so that a dataclass knows of no default
        text = holder.__dict__[self._name]
        return None if text is None else Path(text)  # type: ignore[return-value]  # None where it was set so

    def __set__(self, holder: object, path: AnyPath | str) -> None:
        holder.__dict__[self._name] = None if path is None else os.fspath(path)


@dataclass(frozen=True)
class MaskFile:
    """A file of a mask, or of a part of one.

    Attributes:
        path: The file; of one inside another its ``path``; None for a class of which the image has none.
        label: The class that it is of, where every class has a file of its own; None where its values tell.
        content: What of the file is of this image, where it is of many images, or the file inside another; None for all
            of it.
    """

    path: _File[Path | None] = _File()
    label: str | None = None
    content: bytes | PackedFile | None = None

    def data(self) -> bytes | None:
        """Return the content where that is not all of a file of its own; None where it is.

        Raises:
            DataError: If a file inside another cannot be read.
        """
        return self.content.read() if isinstance(self.content, PackedFile) else self.content

    @property
    def file_name(self) -> str | None:
        """The path as text."""
        name: str | None = self.__dict__["path"]
        return name


@dataclass(frozen=True)
class Record:
    """An image with its masks.

    Attributes:
        name: Unique in its split, and in the data set where nothing names one; splits by hashes go by it.
        image: File of the image, or of its first channels; of one inside another its ``path``.
        masks: Files of its mask; none where there is none.
        split: Split that its path or a table names, as it is written there; None where nothing does.
        group: What it belongs to, where a table says it; None where nothing does.
        more: Files of the image's further channels, in their order.
        packed: The image, where it lies inside other files, in place of each of its files; empty where these are files
            of their own.
    """

    name: str
    image: _File[Path] = _File()
    masks: tuple[MaskFile, ...] = ()
    split: str | None = None
    group: str | None = None
    more: tuple[Path, ...] = ()
    packed: tuple[PackedFile, ...] = ()

    @property
    def image_name(self) -> str:
        """The path of the image as text."""
        name: str = self.__dict__["image"]
        return name

    @property
    def image_files(self) -> tuple[Path, ...]:
        """All files of the image."""
        return (self.image, *self.more)

    @property
    def image_sources(self) -> tuple[Source, ...]:
        """What the image is read from."""
        return self.packed or self.image_files

    @property
    def files(self) -> list[Path]:
        """All files of the image and of its mask on disk; several images may share one of these."""
        masks = [
            mask.content.container if isinstance(mask.content, PackedFile) else mask.path
            for mask in self.masks
            if mask.path is not None
        ]
        return [*([each.container for each in self.packed] or self.image_files), *masks]

    def file_names(self) -> Iterator[str]:
        """Yield the same as text."""
        if self.packed:
            yield from (str(each.container) for each in self.packed)
        else:
            yield self.image_name
            yield from map(str, self.more)
        for mask in self.masks:
            if isinstance(mask.content, PackedFile):
                yield str(mask.content.container)
            elif mask.file_name is not None:
                yield mask.file_name

    def image_data(self) -> list[bytes] | None:
        """Return the content of an image inside other files; None where it has files of its own.

        Raises:
            DataError: If it cannot be read.
        """
        return [each.read() for each in self.packed] or None


def unlabelled(images: Iterable[Path]) -> list[Record]:
    """Return records of images without masks."""
    return [Record(image.stem, image) for image in images]


def paired(pairs: Iterable[tuple[Path | str, Path | str]]) -> list[Record]:
    """Return records of images with a mask in one file."""
    return [Record(stem_of(str(image)), image, (MaskFile(mask),)) for image, mask in pairs]


def with_class_files(pairs: Iterable[tuple[Path | str, Sequence[Path | None]]], classes: Sequence[str]) -> list[Record]:
    """Return records of images with a file for each class, None where a class does not occur."""
    return [
        Record(
            stem_of(str(image)), image, tuple(MaskFile(mask, label) for mask, label in zip(masks, classes, strict=True))
        )
        for image, masks in pairs
    ]
