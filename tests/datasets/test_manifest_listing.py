from pathlib import Path

import pytest

from segcli.datasets.manifest_listing import ManifestListing
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError
from tests.datasets.tables import write_parquet


def listing(root: Path, text: str | bytes, group: str | None = None) -> ManifestListing:
    for name in ("a.png", "b.png", "a_m.png"):
        (root / name).touch()
    (root / "all.csv").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8-sig"))
    return ManifestListing(root, root / "all.csv", group)


def test_rows_are_records(tmp_path: Path) -> None:
    text = 'image, mask, split, patient, weight\n"a.png", a_m.png, train, p1, 2\nb.png,,,p2,1\n'
    assert listing(tmp_path, text, "patient").records() == [
        Record("a", tmp_path / "a.png", (MaskFile(tmp_path / "a_m.png"),), "train", "p1"),
        Record("b", tmp_path / "b.png", (), None, "p2"),
    ]


def test_paths_may_be_absolute_and_masks_absent(tmp_path: Path) -> None:
    (found,) = listing(tmp_path, f"image\n{tmp_path / 'a.png'}\n").images()
    assert found.files == [tmp_path / "a.png"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("img,mask\na.png,a_m.png\n", r"no column 'image' \(did you mean 'img'\?\), but img, mask"),
        ("image;mask\na.png;a_m.png\n", "separates cells by semicolons, expected commas"),
        ("", "no column 'image', but nothing"),
        ("image\n" + "x" * 5000 + "\n", r"line 2: .*x is missing"),
        ("image\n" + "x" * 200_000 + "\n", "is no CSV"),
        ("image,mask\na.png,a_m.png\nb.png,a_m.png\n", r"all\.csv names .*a_m\.png twice"),
        ("image\n", "has no rows"),
        ("image\na.png\nc.png\n", r"line 3: .*c\.png is missing; paths are relative to data\.root"),
        ("image,mask\na.png,x.png\n", r"line 2: .*x\.png is missing"),
        ("image,mask\n,a_m.png\n", "line 2: names no image"),
        ("image\na.png\na.png\n", r"lines 2 and 3: both name .*a\.png"),
        ("image,mask\na.png\n", "line 2: has another number of cells"),
        ("image\na.png,b.png\n", "line 2: has another number of cells"),
        (b"\xff\xfe", "no text in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        listing(tmp_path, text).images()


def of_table(root: Path, columns: dict[str, list[str | int | None]], group: str | None = None) -> list[Record]:
    for name in ("a.png", "b.png", "a_m.png"):
        (root / name).touch()
    return ManifestListing(root, write_parquet(root / "all.parquet", columns), group).records()


def test_a_parquet_file_is_read_as_a_csv_file(tmp_path: Path) -> None:
    columns = {
        "image": ["a.png", "b.png"],
        "mask": ["a_m.png", None],
        "split": ["train", None],
        "patient": [1, 2],
        "n": [0, 0],
    }
    text = "image,mask,split,patient,n\na.png,a_m.png,train,1,0\nb.png,,,2,0\n"
    assert of_table(tmp_path, columns, "patient") == listing(tmp_path, text, "patient").records()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"img": ["a.png"]}, r"all\.parquet has no column 'image' \(did you mean 'img'\?\), but img; expected"),
        ({"image": []}, "has no rows"),
        ({"image": ["a.png", "c.png"]}, r"all\.parquet, row 1: .*c\.png is missing; paths are relative to data\.root"),
        ({"image": ["a.png"], "mask": ["x.png"]}, r"row 0: .*x\.png is missing"),
        ({"image": [None], "mask": ["a_m.png"]}, "row 0: names no image; fill the column"),
        ({"image": ["a.png", "a.png"]}, r"rows 0 and 1: both name .*a\.png"),
        ({"image": ["a.png", "b.png"], "mask": ["a_m.png"] * 2}, r"all\.parquet names .*a_m\.png twice"),
    ],
)
def test_what_is_wrong_in_parquet_is_told_with_its_row(
    columns: dict[str, list[str | int | None]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        of_table(tmp_path, columns)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.manifest got .*none\.parquet, which is missing"):
        ManifestListing(tmp_path, tmp_path / "none.parquet").images()
    (tmp_path / "all.parquet").write_text("image,mask\n")
    with pytest.raises(DataError, match=r"all\.parquet cannot be read as Parquet .*fetch or write it anew"):
        ManifestListing(tmp_path, tmp_path / "all.parquet").images()


def test_groups_need_a_column_that_is_filled(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'patient' \(did you mean 'patients'\?\)"):
        listing(tmp_path, "image,patients\na.png,1\n", "patient").images()
    with pytest.raises(DataError, match="line 2: the column patient is empty"):
        listing(tmp_path, "image,patient\na.png,\n", "patient").images()
    with pytest.raises(DataError, match=r"none\.csv, which cannot be read \(No such file"):
        ManifestListing(tmp_path, tmp_path / "none.csv").images()
