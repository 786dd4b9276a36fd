from pathlib import Path

from segcli.datasets.split_folders import split_folders


def test_both_layouts_and_none(tmp_path: Path) -> None:
    (tmp_path / "flat" / "images").mkdir(parents=True)
    assert split_folders(tmp_path / "flat", "images", "labels") == {}

    outer = tmp_path / "outer"
    (outer / "train" / "images").mkdir(parents=True)
    (outer / "test" / "images").mkdir(parents=True)
    assert split_folders(outer, "images", "labels") == {
        "train": (outer / "train" / "images", outer / "train" / "labels"),
        "test": (outer / "test" / "images", outer / "test" / "labels"),
    }

    inner = tmp_path / "inner"
    (inner / "images" / "val").mkdir(parents=True)
    assert split_folders(inner, "images", "labels") == {"val": (inner / "images" / "val", inner / "labels" / "val")}
