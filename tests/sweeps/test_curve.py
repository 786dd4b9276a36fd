import math
from pathlib import Path

from segcli.sweeps.curve import Objective, minutes, read_values, unlogged

TABLE = "epoch,step,train/loss,val/loss,val/mIoU\n0,1,0.9,,\n0,2,,0.8,0.25\n1,4,,0.7,0.5\n1,5,0.3,,\n"


def test_the_rows_that_have_a_metric_count(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(TABLE)
    assert read_values(tmp_path, "val/mIoU") == [0.25, 0.5]
    assert read_values(tmp_path, "val/other") == []
    assert read_values(tmp_path / "none", "val/mIoU") == []


def test_a_row_in_the_making_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(TABLE + "2,6,,0.6,0.7")  # may become 0.75
    assert read_values(tmp_path, "val/mIoU") == [0.25, 0.5]


def test_a_misspelt_metric_is_told_once_there_was_a_validation(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,step,train/loss\n0,1,0.9\n")
    assert unlogged(tmp_path, "val/mIuO") is None
    (tmp_path / "metrics.csv").write_text(TABLE)
    assert unlogged(tmp_path, "val/mIoU") is None
    assert unlogged(tmp_path, "train/whatever") is None  # may be logged at the end of an epoch
    assert unlogged(tmp_path, "val/mIuO") == (
        "val/mIuO is not logged (did you mean 'val/mIoU'?); there are val/loss, val/mIoU"
    )


def test_minutes_are_those_of_the_last_validation(tmp_path: Path) -> None:
    assert minutes(tmp_path) is None
    (tmp_path / "timing.csv").write_text("epoch,step,train_s,elapsed_s\n1,2,50,60\n2,4,100,150\n")
    assert minutes(tmp_path) == 2.5


def test_the_best_is_finite() -> None:
    assert Objective("a", True).best([0.1, 0.3, math.nan, 0.2]) == 0.3
    assert Objective("a", False).best([0.1, math.inf, 0.2]) == 0.1
    assert Objective("a", True).best([math.nan]) is None
