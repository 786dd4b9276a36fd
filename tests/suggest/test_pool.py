from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.sample import DataError
from segcli.suggest.pool import find_pool

Written = Callable[..., list[Path]]


def _names(files: tuple[Path, ...], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def test_labelled_images_are_known_by_what_they_hold(written: Written, tmp_path: Path) -> None:
    pool = written(["pool/a.png", "pool/b.png", "pool/sub/c.png", "pool/mask.png"])
    known = tmp_path / "data" / "other.png"
    known.parent.mkdir()
    known.write_bytes(pool[1].read_bytes())
    (tmp_path / "pool" / "notes.txt").touch()
    found = find_pool(
        tmp_path / "pool", [known, tmp_path / "gone.png"], [tmp_path / "pool" / ".." / "pool" / "mask.png"]
    )
    assert _names(found.files, tmp_path / "pool") == ["a.png", "sub/c.png"]
    assert _names(found.labelled, tmp_path / "pool") == ["b.png", "mask.png"]
    assert (found.copies, found.skipped) == ((), ())


def test_of_copies_the_first_is_kept_and_equal_sizes_are_none(written: Written, tmp_path: Path) -> None:
    written(["pool/b.bmp", "pool/c.bmp"])  # without compression, so of equal size
    for name in ("a.bmp", "z/b.bmp"):
        (tmp_path / "pool" / "z").mkdir(exist_ok=True)
        (tmp_path / "pool" / name).write_bytes((tmp_path / "pool" / "b.bmp").read_bytes())
    found = find_pool(tmp_path / "pool", [], [])
    assert len({file.stat().st_size for file in found.files}) == 1
    assert _names(found.files, tmp_path / "pool") == ["a.bmp", "c.bmp"]
    assert _names(found.copies, tmp_path / "pool") == ["b.bmp", "z/b.bmp"]


def test_names_that_no_line_holds_are_skipped(written: Written, tmp_path: Path) -> None:
    odd = ["pool/a\nb.png", "pool/c\x85d.png", "pool/e.png "]
    written([*odd[:2], "pool/good.png", "pool/with blank, comma.png"])
    found = find_pool(tmp_path / "pool", [], [])
    assert _names(found.files, tmp_path / "pool") == ["good.png", "with blank, comma.png"]
    assert [each.file.name for each in found.skipped] == ["a\nb.png", "c\x85d.png"]
    assert "rename it" in found.skipped[0].reason


def test_what_is_no_folder_of_images_is_told(written: Written, tmp_path: Path) -> None:
    (file,) = written(["pool/a.png"])
    with pytest.raises(DataError, match=r"a\.png is a file, expected a folder"):
        find_pool(file, [], [])
    with pytest.raises(DataError, match="gone is missing"):
        find_pool(tmp_path / "gone", [], [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no image files"):
        find_pool(tmp_path / "empty", [], [])


def test_a_file_that_cannot_be_read_is_no_copy(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(["pool/b.bmp", "pool/c.bmp", "known/d.bmp"])
    monkeypatch.setattr("segcli.suggest.pool.file_hash", lambda _: None)
    found = find_pool(tmp_path / "pool", [tmp_path / "known" / "d.bmp"], [])
    assert len(found.files) == 2
