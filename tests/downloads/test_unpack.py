import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.downloads.download_error import DownloadError
from segcli.downloads.unpack import unpack
from tests.downloads.made import below, tarred, zipped

FILES = {"top/in/a.txt": b"a" * 1000, "top/in/deep/b.txt": b"b", "top/out.txt": b"c", "top/inside/d.txt": b"d"}
ENOUGH = 100_000
Packed = Callable[[dict[str, bytes]], bytes]
every_kind = pytest.mark.parametrize(
    "pack", [tarred, lambda files: tarred(files, is_compressed=True), zipped], ids=["tar", "tar.gz", "zip"]
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "outer" / "place"


def write(tmp_path: Path, content: bytes) -> Path:
    (tmp_path / "archive").write_bytes(content)
    return tmp_path / "archive"


@every_kind
def test_files_below_a_folder_are_written(pack: Packed, tmp_path: Path, place: Path) -> None:
    archive = write(tmp_path, pack(FILES))
    unpack(archive, place, "top/in", ENOUGH)
    assert below(place) == {"a.txt": FILES["top/in/a.txt"], "deep/b.txt": b"b"}
    unpack(archive, place / "all", "", ENOUGH)
    assert below(place / "all") == FILES
    with pytest.raises(DownloadError, match="archive holds no files in top/none"):
        unpack(archive, place, "top/none", ENOUGH)


EVIL = (
    *("/etc/evil", "../evil", "top/../../evil", "top/in/../../../evil", "..", "C:\\evil", "C:/evil", "..\\evil"),
    *("top\\..\\..\\evil", "\\\\host\\share\\evil", "//host/evil"),
)


@every_kind
@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("inside", ["", "top/in"])
def test_names_that_lead_out_are_refused(pack: Packed, name: str, inside: str, tmp_path: Path, place: Path) -> None:
    archive = write(tmp_path, pack({name: b"evil", **FILES}))
    with pytest.raises(DownloadError, match=r"archive would write .*, outside of its folder; it was not unpacked"):
        unpack(archive, place, inside, ENOUGH)
    assert list(tmp_path.rglob("*evil*")) == []


def _tar_of(kind: bytes, link: str = "") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("top/in/x")
        entry.type, entry.linkname = kind, link
        archive.addfile(entry)
        entry = tarfile.TarInfo("top/in/x/evil")
        archive.addfile(entry, io.BytesIO())
    return stream.getvalue()


def _zip_of(mode: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entry = zipfile.ZipInfo("top/in/x")
        entry.external_attr, entry.create_system = mode << 16, 3
        archive.writestr(entry, "/etc")
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(_tar_of(tarfile.SYMTYPE, link) for link in ("/etc", "../..", "a.txt")),
        *(_tar_of(tarfile.LNKTYPE, link) for link in ("/etc/passwd", "top/in/a.txt")),
        *(_tar_of(kind) for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)),
        *(_zip_of(kind | 0o777) for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO)),
    ],
)
def test_links_and_devices_are_refused(content: bytes, tmp_path: Path, place: Path) -> None:
    with pytest.raises(DownloadError, match=r"archive holds 'top/in/x', .*; it was not unpacked"):
        unpack(write(tmp_path, content), place, "top/in", ENOUGH)
    assert below(tmp_path) == {"archive": content}


@every_kind
@pytest.mark.parametrize(
    "files", [{"a": bytes(200_000)}, {str(number): b"" for number in range(300)}], ids=["large", "many"]
)
def test_more_than_is_known_is_refused(pack: Packed, files: dict[str, bytes], tmp_path: Path, place: Path) -> None:
    archive = write(tmp_path, pack({**files, "z": b"z"}))
    with pytest.raises(DownloadError, match="archive holds more than the 100 kB that are known of it"):
        unpack(archive, place, "", ENOUGH)
    assert sum(len(content) for content in below(place).values()) <= ENOUGH
    assert "z" not in below(place)


@every_kind
@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_half_an_archive_is_told(pack: Packed, share: float, tmp_path: Path, place: Path) -> None:
    content = pack({**FILES, "top/large": bytes(range(256)) * 200})
    with pytest.raises(DownloadError, match="archive is no whole archive"):
        unpack(write(tmp_path, content[: int(share * len(content))]), place, "", ENOUGH)


@pytest.mark.parametrize("content", [b"<html>not found</html>" * 100, b"PK\x03\x04" + b"x" * 200])
def test_what_is_no_archive_is_told(content: bytes, tmp_path: Path, place: Path) -> None:
    with pytest.raises(DownloadError, match="archive is no whole archive"):
        unpack(write(tmp_path, content), place, "", ENOUGH)
