from pathlib import Path

import pytest

from segcli.runs.curve import LoggedValues, Point
from segcli.runs.stored_files import StoredFileError

TIMING = "epoch,step,train_s,elapsed_s\n1,3,2.0,2.5\n2,6,4.0,5.0\n"


def logged(folder: Path, metrics: str, timing: str = TIMING) -> LoggedValues:
    (folder / "metrics.csv").write_text(metrics)
    (folder / "timing.csv").write_text(timing)
    return LoggedValues(folder)


@pytest.mark.parametrize("first", [0, 1], ids=["0.4.0", "today"])
def test_a_curve_has_a_point_per_validation(tmp_path: Path, first: int) -> None:
    rows = [(epoch + first, 3 * (epoch + 1) - 1 + first, 0.5 + epoch / 4) for epoch in (0, 1)]
    table = "epoch,step,val/mIoU,train/loss\n" + "".join(f"{e},{s},{v},\n{e},{s},,1.0\n" for e, s, v in rows)
    found = logged(tmp_path, table)
    assert found.curve("val/mIoU") == [Point(1, 3, 2.0, 2.5, 0.5), Point(2, 6, 4.0, 5.0, 0.75)]
    assert found.curve("val/mDice") == []
    assert len(found.rows) == 4


def test_a_validation_without_its_time_is_left_out(tmp_path: Path) -> None:
    table = "epoch,step,val/mIoU\n1,3,0.5\n2,6,0.75\n3,9,0.8\n"
    assert [point.epoch for point in logged(tmp_path, table).curve("val/mIoU")] == [1, 2]


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoredFileError, match=r"timing\.csv"):
        _ = logged(tmp_path, "epoch,step\n1,3\n", "epoch,step\n1,x\n").validations
