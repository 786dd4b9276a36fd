import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from segcli.datasets import known_files
from segcli.datasets.known_files import KnownFiles, name_inside
from segcli.datasets.packed_file import PackedFile


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, of which a run of a while ago knows the first byte."""
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(known_files, "RACY_NS", -10_000_000_000)  # as if they had been written a while before
    data = tmp_path / "data"
    data.mkdir()
    for name in "abc":
        (data / name).write_bytes(name.encode() * 9)
    _remember(data)
    return data


def _remember(folder: Path) -> None:
    known = KnownFiles(folder, "first", 1)
    for name in "abc":
        content, state = known.read(str(folder / name))
        known.add(str(folder / name), state, content[:1])
    known.save()


def _known(folder: Path, width: int = 1) -> list[bytes | None]:
    return KnownFiles(folder, "first", width).look_up([str(folder / name) for name in "abc"])[0]


def _store() -> Path:
    (found,) = Path(os.environ["SEGCLI_CACHE"]).rglob("*.bin")
    return found


def test_what_is_as_it_was_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _known(folder) == [b"a", b"b", b"c"]
    monkeypatch.chdir(folder)
    for place in (".", "../data", str(folder) + "/../data"):
        known = KnownFiles(Path(place), "first", 1)
        found, sizes = known.look_up([f"{place}/{name}" if place != "." else name for name in "abcx"])
        assert found == [b"a", b"b", b"c", None]
        assert sizes.tolist() == [9, 9, 9, -1]
    assert KnownFiles(folder, "first", 1, is_trusted=False).look_up([str(folder / "a")])[0] == [None]
    assert KnownFiles(folder, "second", 1).look_up([str(folder / "a")])[0] == [None]


def _rewritten(path: Path) -> None:
    about = path.stat()
    path.write_bytes(b"z" * about.st_size)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _replaced(path: Path) -> None:
    other = path.with_name("other")
    shutil.copy2(path, other)
    other.replace(path)


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    shutil.copy2(path.with_name("elsewhere"), path.with_name("target"))
    path.symlink_to("target")


def _swapped(path: Path) -> None:
    other = path.with_name("b")
    path.rename(path.with_name("t"))
    other.rename(path)
    path.with_name("t").rename(other)
    os.utime(path, ns=(0, other.stat().st_mtime_ns))


@pytest.mark.parametrize("change", [_rewritten, _replaced, _linked, _swapped, Path.touch, Path.unlink])
def test_what_was_changed_is_read_anew(folder: Path, change: Callable[[Path], object]) -> None:
    time.sleep(0.02)  # of a clock's tick
    change(folder / "a")
    found = _known(folder)
    assert found[0] is None
    assert found[2] == b"c"
    assert found[1] == (None if change is _swapped else b"b")


def test_a_copy_elsewhere_and_another_folder_in_its_place_are_read_anew(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"))
    assert _known(folder.with_name("copy")) == [None, None, None]
    folder.rename(folder.with_name("old"))
    folder.with_name("copy").rename(folder)
    assert _known(folder) == [None, None, None]


def test_a_file_that_was_just_changed_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a").write_bytes(b"a")
    os.utime(tmp_path / "a", (0, 0))  # the time of its last change of any kind is now
    _, state = KnownFiles(tmp_path, "first", 1).read(str(tmp_path / "a"))
    assert state is None


def test_nothing_from_the_future_is_trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(known_files, "RACY_NS", 2_000_000_000)
    monkeypatch.setattr(known_files.time, "time_ns", lambda: before)
    assert _known(folder) == [None, None, None]


def test_a_damaged_store_is_as_good_as_none(folder: Path) -> None:
    whole = _store().read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        for content in (bytes(damaged), whole[:at]):
            _store().write_bytes(content)
            assert _known(folder) == [None, None, None]
    _store().write_bytes(whole)
    assert _known(folder, width=2) == [None, None, None]
    _store().write_bytes(b"")
    _remember(folder)
    assert _known(folder) == [b"a", b"b", b"c"]


def test_what_others_wrote_is_kept_and_what_is_gone_is_dropped(folder: Path) -> None:
    (folder / "d").write_bytes(b"d")
    (folder / "b").unlink()
    one, other = KnownFiles(folder, "first", 1), KnownFiles(folder, "first", 1)
    for known, name in ((one, "c"), (other, "d")):
        known.add(str(folder / name), known.read(str(folder / name))[1], name.upper().encode())
        known.save()
    assert b"/b\0" not in _store().read_bytes()
    assert KnownFiles(folder, "first", 1).look_up([str(folder / name) for name in "acd"])[0] == [b"a", b"C", b"D"]


@dataclass(frozen=True)
class _Part(PackedFile):
    def read(self) -> bytes:
        return self.container.read_bytes() + self.key.encode()


def test_what_lies_in_a_file_is_known_while_that_is_as_it_was(folder: Path) -> None:
    parts = [_Part(folder / name, key) for name, key in (("a", "x"), ("a", "../y/z"), ("b", "x"))]
    names = [*map(name_inside, parts), str(folder / "a")]
    known = KnownFiles(folder, "first", 1)
    for at, part in enumerate(parts):
        content, state = known.read_inside(part)
        assert content == part.read()
        known.add(name_inside(part), state, b"%d" % at)
    known.save()
    _remember(folder)  # which keeps them
    found, sizes = KnownFiles(folder, "first", 1).look_up(names)
    assert (found, sizes.tolist()) == ([b"0", b"1", b"2", b"a"], [9, 9, 9, 9])
    _rewritten(folder / "a")
    assert KnownFiles(folder, "first", 1).look_up(names)[0] == [None, None, b"2", None]
    (folder / "b").unlink()
    assert KnownFiles(folder, "first", 1).look_up(names)[0] == [None] * 4


def test_what_lies_in_a_file_that_was_changed_just_now_is_not_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_files, "RACY_NS", 10_000_000_000)
    (folder / "a").touch()
    assert KnownFiles(folder, "first", 1).read_inside(_Part(folder / "a", "x"))[1] is None


def test_stores_are_bounded_and_no_folder_for_them_does_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = _store().with_name("first-old.bin")
    old.write_bytes(bytes(100))
    os.utime(old, (0, 0))
    monkeypatch.setattr(known_files, "MOST_BYTES", 250)
    _remember(folder)
    assert not old.exists()
    monkeypatch.setenv("SEGCLI_CACHE", str(folder / "a"))
    _remember(folder)
    assert _known(folder) == [None, None, None]
