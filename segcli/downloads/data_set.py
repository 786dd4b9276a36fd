"""What is known of a data set that can be downloaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from segcli.downloads.layout import Layout, layout_of


@dataclass(frozen=True)
class Archive:
    """One file to download and to unpack.

    Attributes:
        url: Where it is.
        checksum: ``md5:`` or ``sha256:`` with its hexadecimal digits; empty where it may differ from day to day, and
            what is in it is compared in its place.
        folder: The folder in it whose content becomes that of the data set's folder; empty for all of it.
    """

    url: str
    checksum: str = ""
    folder: str = ""

    @property
    def name(self) -> str:
        """What it is called on the disk."""
        return PurePosixPath(urlsplit(self.url).path).name


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        name: Of its preset, ``segcli:data/NAME``.
        title: Its name in full, and its paper.
        licence: On which terms it may be used, as far as its authors say.
        source: The page that describes it.
        size: Bytes of the archives together.
        archives: What to download.
        images: Images of every split.
        most_unpacked: Bytes beyond which what is unpacked cannot be the data set.
        is_size_estimated: Whether ``size`` is about right only.
        pixels: Folder to the digest of its images, see :func:`segcli.downloads.contents.pixel_digest`.
    """

    name: str
    title: str
    licence: str
    source: str
    size: int
    archives: tuple[Archive, ...]
    images: Mapping[str, int]
    most_unpacked: int
    is_size_estimated: bool = False
    pixels: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Where its files lie, and in which folder unless another one is asked for."""
        return layout_of(self.name, tuple(self.images))

    @property
    def shown_size(self) -> str:
        """The size for a reader, such as ``about 190 MB``."""
        return f"{'about ' if self.is_size_estimated else ''}{shown_bytes(self.size)}"

    def is_whole(self, root: Path) -> bool:
        """Return whether a folder holds all images of all splits, with masks."""
        return self.layout.count(root) == dict(self.images)

    def describe(self, root: Path) -> list[str]:
        """Return what to know before it is downloaded.

        Args:
            root: Where it would be put.
        """
        return [
            f"{self.name}: {self.title}",
            f"  licence  {self.licence}",
            f"  size     {self.shown_size} to download; twice that on the disk while it is unpacked",
            f"  source   {self.source}",
            *(f"           {archive.url}" for archive in self.archives),
            f"  folder   {root}",
        ]


def shown_bytes(count: int) -> str:
    """Return a number of bytes as a reader takes it in, with decimal units: ``811 MB``."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.2f} {unit}" if unit == "GB" else f"{value:.0f} {unit}"
