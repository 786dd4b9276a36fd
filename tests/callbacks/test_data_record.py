import json
from pathlib import Path

from segcli.callbacks.data_record import record_data
from segcli.datamodules.shapes_data_module import ShapesDataModule


def test_fingerprints_and_groups_are_told_and_names_written(tmp_path: Path) -> None:
    data = ShapesDataModule(train_size=3, val_size=2, image_size=32, group="{split}_*")
    for split in ("train", "val"):
        data.prepare(split)  # type: ignore[arg-type]
    found = record_data(data, tmp_path)
    assert {split: part["count"] for split, part in found["splits"].items()} == {"train": 3, "val": 2}
    assert found["group"]["splits"] == {"train": {"groups": 1}, "val": {"groups": 1, "also_in_train": 0}}
    names = json.loads((tmp_path / "splits.json").read_text())
    assert names["val"] == ["val_00000", "val_00001"]
    assert names["groups"]["train"] == ["train"] * 3
    sizes = record_data(data, tmp_path, how="sizes")["splits"]["val"]["content"]
    assert sizes.startswith("sizes:")
