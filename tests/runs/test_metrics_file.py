import csv
from pathlib import Path

import pytest
import torch

from segcli.runs.metrics_file import MetricsFile


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_column_that_comes_later_is_empty_before(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path)
    file.log_metrics({"lr": 0.5}, step=1)
    file.save()
    file.log_metrics({"val/mIoU": torch.tensor(0.25)}, step=1)
    file.log_metrics({"lr": 0.25}, step=2)
    file.finalize("success")
    assert _rows(tmp_path) == [
        {"lr": "0.5", "step": "1", "val/mIoU": ""},
        {"lr": "", "step": "1", "val/mIoU": "0.25"},
        {"lr": "0.25", "step": "2", "val/mIoU": ""},
    ]


def test_rows_are_appended_and_written_without_waiting_for_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = MetricsFile(tmp_path)
    file.log_metrics({"lr": 1.0}, step=1)
    file.save()
    before = (tmp_path / "metrics.csv").stat().st_ino
    monkeypatch.setattr("segcli.runs.metrics_file.MOST_WAITING_S", -1.0)
    file.log_metrics({"lr": 2.0}, step=2)
    assert [row["lr"] for row in _rows(tmp_path)] == ["1.0", "2.0"]
    assert (tmp_path / "metrics.csv").stat().st_ino == before


def test_resumed_drops_what_came_after_the_checkpoint_and_a_row_that_was_cut_short(tmp_path: Path) -> None:
    first = MetricsFile(tmp_path)
    for step in range(4):
        first.log_metrics({"lr": step}, step=step)
    first.save()
    text = (tmp_path / "metrics.csv").read_text()
    (tmp_path / "metrics.csv").write_text(text + "17,1")
    second = MetricsFile(tmp_path)
    second.resume_after(3)
    assert second.num_rows == 3
    second.log_metrics({"lr": 3}, step=3)
    second.save()
    assert (tmp_path / "metrics.csv").read_text() == text


def test_resumed_from_the_beginning_empties_the_file(tmp_path: Path) -> None:
    first = MetricsFile(tmp_path)
    first.log_metrics({"lr": 1}, step=1)
    first.save()
    second = MetricsFile(tmp_path)
    second.resume_after(0)
    second.log_metrics({"loss": 2}, step=1)
    second.save()
    assert _rows(tmp_path) == [{"loss": "2", "step": "1"}]
