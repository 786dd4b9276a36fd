from pathlib import Path

import pytest

from segcli.runs import stored_files
from segcli.runs.record_forms import anything, mapping
from segcli.runs.stored_files import StoredFileError, read_cells, read_config, read_json, read_numbers

DAMAGED = [
    b"",
    b"\xff\xfe\x00",
    b"\x00" * 20,
    b"{",
    b"[" * 100_000,
    b'{"a": 1e999999}' * 2,
    b'{"a": ' * 50_000,
    b"1" * 9999,
]


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_files_are_errors_that_name_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(StoredFileError, match=r"x\.json (cannot be read|is damaged): "):
        read_json(path, mapping(anything))
    path.rename(tmp_path / "config.yaml")
    if content not in (b"", b"{"):
        with pytest.raises(StoredFileError, match=r"config\.yaml (cannot be read|is damaged): "):
            read_config(tmp_path / "config.yaml")


def test_what_is_missing_a_folder_or_huge_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoredFileError, match=r"has no x\.json"):
        read_json(tmp_path / "x.json", anything)
    (tmp_path / "x.json").mkdir()
    with pytest.raises(StoredFileError, match=r"has no x\.json"):
        read_json(tmp_path / "x.json", anything)
    monkeypatch.setattr(stored_files, "MOST_BYTES", 3)
    (tmp_path / "y.json").write_text("[1, 2]")
    with pytest.raises(StoredFileError, match=r"y\.json is damaged: it is larger than"):
        read_json(tmp_path / "y.json", anything)


def test_tables_have_numbers_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("epoch,step,val/mIoU\n0,9,0.5\n1,19,\n2,29,nan\n")
    rows = read_numbers(path)
    assert [sorted(row) for row in rows] == [
        ["epoch", "step", "val/mIoU"],
        ["epoch", "step"],
        ["epoch", "step", "val/mIoU"],
    ]
    for damaged, reason in [
        ("step\nx\n", "line 2 has no number under step"),
        ("step\n1.5\n", "line 2 has no whole number under step"),
        ("step\ninf\n", "line 2 has no whole number under step"),
        ("step,a\n1\n", "a row does not fit the heading"),
        ("step,step\n1,2\n", "a row does not fit the heading"),
        ("a\n1\n", "it has no column step"),
        ('step\n"1\n', "unexpected end of data"),
        ("step\n\x00\n", "line 2 has no number under step"),
    ]:
        path.write_text(damaged)
        with pytest.raises(StoredFileError, match=reason):
            read_numbers(path)


def test_a_row_in_the_making_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3")
    assert read_cells(path, is_whole=False) == [{"a": "1", "b": "2"}]
    with pytest.raises(StoredFileError, match="does not fit"):
        read_cells(path)
