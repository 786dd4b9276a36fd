"""Tiny data sets in the layouts of large ones, and archives of them."""

import contextlib
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.downloads import transfer
from segcli.downloads.contents import pixel_digest
from segcli.downloads.data_set import Archive, DataSet
from segcli.downloads.known import DATA_SETS
from segcli.downloads.layout import Layout
from tests.datamodules.data import write_image, write_mask
from tests.downloads.server import Server, running

COUNTS = {"camvid": {"train": 4, "val": 2, "test": 2}, "pet": {"train": 5, "test": 2}, "voc": {"train": 4, "val": 2}}


def make(root: Path, layout: Layout, counts: Mapping[str, int], size: int = 64) -> None:
    """Write so many images of each split, with masks of the values 0, 1, 2, or 1, 2, 3."""
    values = (1, 2, 3) if "trimaps" in layout.mask else (0, 1, 2)
    for split, count in counts.items():
        names = [f"drive_{split}{number}" for number in range(count)]
        for name in names:
            write_image(root / layout.image.format(split=layout.splits[split], name=name), size, size)
            write_mask(root / layout.mask.format(split=layout.splits[split], name=name), values, size, size)
        if layout.split_files is not None:
            file = root / layout.split_files.format(split=layout.splits[split])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{name} 1 1 1\n" for name in names))


def served(name: str, server: Server, folder: Path) -> DataSet:
    """Serve a tiny data set in the archives of a large one, and return what is known of it."""
    known = DATA_SETS[name]
    make(folder, known.layout, COUNTS[name])
    archives = []
    for archive in known.archives:
        top = archive.name.partition(".")[0] if len(known.archives) > 1 else ""
        files = {f"{archive.folder}/{path}".lstrip("/"): content for path, content in below(folder, top).items()}
        files |= {"README.md": b"beside"} if archive.folder else {}
        content = zipped(files) if archive.name.endswith(".zip") else tarred(files, archive.name.endswith(".gz"))
        server.files[archive.name] = content
        checksum = f"md5:{hashlib.md5(content).hexdigest()}" if archive.checksum else ""
        archives.append(Archive(server.url(archive.name), checksum, archive.folder))
    size = sum(len(server.files[each.name]) for each in archives)
    pixels = {each: pixel_digest(folder / each) for each in known.pixels}
    return replace(
        known, size=size, archives=tuple(archives), images=COUNTS[name], most_unpacked=1_000_000, pixels=pixels
    )


def below(folder: Path, top: str = "") -> dict[str, bytes]:
    """Return all files by their paths."""
    files = (path for path in sorted((folder / top).rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], is_compressed: bool = False) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz" if is_compressed else "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


@contextlib.contextmanager
def all_served(folder: Path) -> Iterator[Server]:
    """Let all data sets be tiny ones that a server on this machine has, until the block ends."""
    with pytest.MonkeyPatch.context() as patch, running() as server:
        patch.setattr(transfer, "PAUSE_S", 0.0)
        patch.setenv("NO_PROXY", "127.0.0.1")
        for name in COUNTS:
            patch.setitem(DATA_SETS, name, served(name, server, folder / name))
        yield server


@pytest.fixture(scope="module", name="served")
def served_in_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """The same for the tests of a module: the server, and the folder of what it has."""
    folder = tmp_path_factory.mktemp("made")
    with all_served(folder) as server:
        yield server, folder
