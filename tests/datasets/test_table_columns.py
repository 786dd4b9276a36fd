from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segcli.datasets.hugging_face import HuggingFace
from segcli.datasets.table_columns import columns_of_images, require_column
from segcli.datasets.table_file import opened_table
from segcli.sample import DataError
from tests.datasets.tables import rows, write_parquet

IMAGE, MASK = rows(1)["image"], rows(1)["label"]


@pytest.mark.parametrize(
    ("names", "image", "mask"),
    [
        (("image", "mask"), "image", "mask"),
        (("Image", "GT"), "Image", "GT"),
        (("image", "depth", "label"), "image", "label"),
        (("image", "depth", "normals"), "image", None),
        (("image",), "image", None),
        (("x", "mask"), "x", "mask"),
        (("image", "x"), "image", "x"),
    ],
)
def test_usual_names_and_the_only_ones_are_found(
    names: tuple[str, ...], image: str, mask: str | None, tmp_path: Path
) -> None:
    table = opened_table(write_parquet(tmp_path / "a.parquet", {**dict.fromkeys(names, IMAGE), "id": [1]}))
    assert columns_of_images(table, None, None) == (image, mask)


@pytest.mark.parametrize("names", [("mask",), ("x", "y"), ("image", "img"), ("x", "y", "mask")])
def test_what_is_not_sure_is_asked_for(names: tuple[str, ...], tmp_path: Path) -> None:
    table = opened_table(write_parquet(tmp_path / "a.parquet", dict.fromkeys(names, MASK)))
    with pytest.raises(DataError, match=r"it is not sure which one does\. Set data\.listing\.image_column"):
        columns_of_images(table, None, None)


def test_a_column_is_there(tmp_path: Path) -> None:
    table = opened_table(write_parquet(tmp_path / "a.parquet", {"patient": ["a"]}))
    assert require_column("patient", table, "group_column") == "patient"
    with pytest.raises(DataError, match=r"data\.listing\.group_column got 'pat'"):
        require_column("pat", table, "group_column")


@pytest.mark.parametrize("content", [pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("path", [pa.string(), pa.large_string()])
@pytest.mark.parametrize("is_struct", [True, False])
def test_bytes_are_of_any_width(content: pa.DataType, path: pa.DataType, is_struct: bool, tmp_path: Path) -> None:
    kind = pa.struct({"bytes": content, "path": path}) if is_struct else content
    columns = {
        name: pa.array(cells if is_struct else [cell["bytes"] for cell in cells], kind)
        for name, cells in (("image", IMAGE), ("label", MASK))
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    (record,) = HuggingFace(tmp_path).records()
    assert record.image_data() == [IMAGE[0]["bytes"]]
    assert [mask.data() for mask in record.masks] == [MASK[0]["bytes"]]


@pytest.mark.parametrize("mask", [None, "mask"])
def test_nobody_is_asked_for_a_column_that_is_not_there(mask: str | None, tmp_path: Path) -> None:
    inside = pa.array([{"of": {"bytes": b""}}], pa.struct({"of": pa.struct({"bytes": pa.binary()})}))
    columns = {"image": pa.array(["a.png"]), "x": inside, **({"mask": pa.array([b""])} if mask else {})}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"of which none.* holds images as bytes of PNG.*; write it so") as told:
        columns_of_images(opened_table(tmp_path / "a.parquet"), None, mask)
    assert "image_column" not in str(told.value)
