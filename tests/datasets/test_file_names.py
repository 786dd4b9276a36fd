import os
from pathlib import Path, PurePath

import pytest

from segcli.datasets.file_names import below, folder_of, in_order, is_below, is_in_utf8, stem_of, without_suffix

NAMES = [
    "a.png",
    "a.b.png",
    "a.",
    ".a",
    "..a",
    "a..b",
    "a",
    "x/.a",
    "x.y/a",
    "x.y/a.b",
    "/a.b",
    "/x/y.z/a",
    "x/a.",
    "é.tif",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_taken_apart_as_paths_do(name: str) -> None:
    path = Path(name)
    assert without_suffix(name) == str(path.with_suffix("")) or name.endswith(".")
    assert stem_of(name) == path.stem
    assert folder_of(name) == str(path.parent)


@pytest.mark.parametrize(("path", "folder"), [("/r/a/b.png", "/r"), ("a/b.png", "a"), ("b.png", "."), ("/b.png", "/")])
def test_below_a_folder(path: str, folder: str) -> None:
    assert below(path, folder) == PurePath(path).relative_to(folder).as_posix()


def test_a_path_elsewhere_stays(tmp_path: Path) -> None:
    assert below("/rest/a.png", "/r") == "/rest/a.png"
    assert is_below("/r/a", {"/r"})
    assert is_below("/r", {"/r"})
    assert not is_below("/rest", {"/r"})
    assert not is_below("x", {"/"})
    assert is_below("x/y", {"."})


def test_order_is_that_of_paths() -> None:
    names = ["a/b.png", "a-b.png", "a.png", "a/c/d.png", "a b/c.png", "A/x.png", "/z", "a"]
    assert in_order(names) == [str(path) for path in sorted(map(Path, names))]


def test_a_name_that_is_no_text() -> None:
    assert is_in_utf8("é.png")
    assert not is_in_utf8(os.fsdecode(b"\xff.png"))
