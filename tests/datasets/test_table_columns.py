from pathlib import Path

import pytest

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
