from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from segcli.datasets import table_file
from segcli.datasets.table_file import opened_table
from segcli.sample import DataError
from tests.datasets.tables import rows, write_arrow, write_parquet

FORMS: dict[str, Callable[[Path], Path]] = {
    "parquet": lambda folder: write_parquet(folder / "a.parquet", rows(5)),
    "stream": lambda folder: write_arrow(folder / "a.arrow", rows(5)),
    "file": lambda folder: write_arrow(folder / "a.arrow", rows(5), stream=False),
}
every_form = pytest.mark.parametrize("form", FORMS)


@every_form
def test_every_cell_is_what_was_written(form: str, tmp_path: Path) -> None:
    table, written = opened_table(FORMS[form](tmp_path)), rows(5)
    assert (table.rows, table.columns) == (5, ["image", "label", "patient"])
    for row in (4, 0, 2, 1, 3, 0):
        assert table.cell("image", row) == written["image"][row]
        assert table.cell("patient", row) == written["patient"][row]
    assert list(table.values("image.path")) == [each["path"] for each in written["image"]]
    assert list(table.is_null("label.bytes")) == [False] * 5
    assert list(table.is_null("label.path")) == [True] * 5


def test_names_of_columns_may_have_dots(tmp_path: Path) -> None:
    content = {**rows(3), "patient.id": ["a", None, "b"]}
    for write, name in ((write_parquet, "a.parquet"), (write_arrow, "a.arrow")):
        table = opened_table(write(tmp_path / name, content))
        assert list(table.values("patient.id")) == ["a", None, "b"]
        assert list(table.is_null("patient.id")) == [False, True, False]
        assert list(table.values("image.path")) == [each["path"] for each in content["image"]]


@every_form
def test_what_is_written_anew_is_opened_anew(form: str, tmp_path: Path) -> None:
    file = FORMS[form](tmp_path)
    assert opened_table(file) is opened_table(file)
    (write_parquet if form == "parquet" else write_arrow)(file, rows(3))
    assert opened_table(file).rows == 3


@every_form
@pytest.mark.parametrize("damage", ["empty", "cut", "text", "pointer", "absent"])
def test_a_damaged_file_is_named(form: str, damage: str, tmp_path: Path) -> None:
    file = FORMS[form](tmp_path)
    content = file.read_bytes()
    broken = {"empty": b"", "cut": content[: len(content) // 2], "text": b"nothing of this kind" * 9}
    file.write_bytes(broken.get(damage, b"version https://git-lfs.github.com/spec/v1\n"))
    if damage == "absent":
        file.unlink()
    message = {"pointer": "is a pointer of Git LFS; run `git lfs pull`", "absent": "No such file"}
    with pytest.raises(DataError, match=message.get(damage, "it is damaged or cut off")) as told:
        opened_table(file)
    assert str(told.value).startswith(str(file))


def test_flipped_bytes_are_an_error_or_other_bytes(tmp_path: Path) -> None:
    """And never another kind of error."""
    for make in FORMS.values():
        content = make(tmp_path).read_bytes()
        for at in range(8, len(content), max(1, len(content) // 60)):
            file = tmp_path / f"flipped_{at}{make(tmp_path).suffix}"
            file.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
            with suppress(DataError):
                table = opened_table(file)
                for column in table.columns:
                    list(table.values(column))


def test_offsets_that_lead_out_of_a_file_are_not_followed(tmp_path: Path) -> None:
    file, lengths = FORMS["stream"](tmp_path), [len(each["bytes"]) for each in rows(2)["image"]]
    offsets = np.array([0, lengths[0], sum(lengths)], np.int32)
    content = file.read_bytes()
    assert offsets.tobytes() in content
    file.write_bytes(content.replace(offsets.tobytes(), (offsets * [0, 1 << 16, 1]).astype(np.int32).tobytes()))
    with pytest.raises(DataError, match="it is damaged or cut off"):
        opened_table(file)


def test_only_a_few_row_groups_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened_table(write_parquet(tmp_path / "a.parquet", rows(8)))
    for row in range(8):
        table.cell("image", row)
        table.cell("label", row)
    assert sorted(table._kept) == [(group, name) for group in (2, 3) for name in ("image", "label")]
    monkeypatch.setattr(table_file, "LARGEST_GROUP_BYTES", 1000)
    with pytest.raises(DataError, match=r"a\.parquet has 0 MiB of image in one row group"):
        table.cell("image", 0)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"a\.parquet needs pyarrow to be read: pip install 'segcli\[huggingface\]'"):
        opened_table(tmp_path / "a.parquet")
