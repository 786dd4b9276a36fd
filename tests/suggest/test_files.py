from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datamodules.multilabel_folder_data_module import MultilabelFolderDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.suggest.files import LabelledRow, labelled_rows, write_files
from segcli.suggest.labelled import labelled_data
from segcli.suggest.measure import Skipped
from segcli.suggest.suggestions import Suggestion

NAMES = ["a.png", 'b, "c".png', "#d é.png"]


def _write(path: Path, value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 9), value, np.uint8)).save(path)


def test_a_table_is_read_by_the_data_once_masks_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = []
    for rank, name in enumerate(NAMES, start=1):
        _write(Path("pool") / name)
        chosen.append(Suggestion(rank, Path("pool") / name, f"masks/{Path(name).stem}.png", 0.5, None))
    _write(Path("old.png"))
    _write(Path("old_mask.png"))
    rows = [LabelledRow(str(Path("old.png").absolute()), str(Path("old_mask.png").absolute()), "val")]
    out = tmp_path / "out"
    write_files(out, chosen, rows, [Skipped(Path("x.png"), "why, so")])
    assert (out / "skipped.csv").read_text() == 'image,reason\nx.png,"why, so"\n'
    paths = (out / "suggestions.txt").read_text(encoding="utf-8").splitlines()
    assert [Path(path) for path in paths] == [tmp_path / "pool" / name for name in NAMES]
    for each in chosen:
        _write(out / each.mask, 1)
    for table, number in (("suggestions.csv", 3), ("manifest.csv", 4)):
        data = PatternDataModule(str(out), manifest=table, classes=["no", "yes"], val_fraction=0)
        data.prepare("train")
        assert sorted(data.datasets["train"].paths()) == sorted(paths)
        assert all((data.datasets["train"].load(at)[1] == 1).all() for at in range(3))
        assert len((out / table).read_text(encoding="utf-8").splitlines()) == number + 1
    data.prepare("val")
    assert data.datasets["val"].paths() == [str(tmp_path / "old.png")]


def test_labelled_rows_are_those_of_single_files(tmp_path: Path) -> None:
    for at in range(5):
        _write(tmp_path / "data" / "images" / f"{at}.png")
        _write(tmp_path / "data" / "labels" / f"{at}.png")
        _write(tmp_path / "many" / "images" / f"{at}.png")
        for name in ("x", "y"):
            _write(tmp_path / "many" / "labels" / name / f"{at}.png")
    rows = labelled_rows(labelled_data(PatternDataModule(str(tmp_path / "data"), classes=["a", "b"])).splits)
    assert rows is not None
    assert sorted(row.split for row in rows) == ["train"] * 4 + ["val"]
    assert all(Path(row.mask).name == Path(row.image).name for row in rows)
    assert all(Path(row.mask).is_file() and Path(row.mask).is_absolute() for row in rows)
    many = labelled_data(MultilabelFolderDataModule(str(tmp_path / "many"), classes=["x", "y"]))
    assert many.splits
    assert labelled_rows(many.splits) is None
    assert labelled_rows(labelled_data(ShapesDataModule(3, 2, 1, 32)).splits) is None
    assert labelled_rows({}) is None
    (tmp_path / "data" / "images" / "0.png").rename(tmp_path / "data" / "images" / "0\n.png")
    (tmp_path / "data" / "labels" / "0.png").rename(tmp_path / "data" / "labels" / "0\n.png")
    assert labelled_rows(labelled_data(PatternDataModule(str(tmp_path / "data"), classes=["a", "b"])).splits) is None
