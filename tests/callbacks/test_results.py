import csv
import io
import json
import math
from pathlib import Path

import pytest
import torch
from rich.console import Console

from segcli.callbacks.results import group_table, score_record, score_table
from segcli.cli.main import main
from segcli.metrics.scores import Scores
from segcli.runs.stored_run import LAST_IMAGES, StoredRun

MATRIX = torch.tensor([[8, 2, 0], [0, 10, 0], [0, 0, 0]])


def test_absent_classes_are_marked_and_left_out_of_the_mean() -> None:
    console = Console(width=80, file=io.StringIO())
    console.print(score_table(("a", "b", "c"), Scores.of(MATRIX), "title"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    rows = {line.split()[1]: line for line in text.splitlines() if line.startswith("│")}
    assert "0.800" in rows["a"]
    assert "0.833" in rows["b"]
    assert "absent" in rows["c"]
    assert "0.817" in rows["mean"]


def test_the_record_is_json_with_null_for_absent() -> None:
    record = json.loads(json.dumps(score_record(("a", "b", "c"), Scores.of(MATRIX))))
    assert record["classes"]["c"] == {"IoU": None, "Dice": None, "pixels": 0}
    assert math.isclose(record["mIoU"], (0.8 + 10 / 12) / 2, abs_tol=1e-6)
    assert math.isclose(record["pixel_accuracy"], 0.9, abs_tol=1e-6)


def test_average_precision_has_a_column_where_it_was_measured() -> None:
    scores = Scores.of(MATRIX).with_average_precision(torch.tensor([0.25, 0.75, math.nan]))
    console = Console(width=80, file=io.StringIO())
    console.print(score_table(("a", "b", "c"), scores, "title"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    rows = {line.split()[1]: line.split() for line in text.splitlines() if line.startswith("│")}
    assert [rows[name][7] for name in ("a", "b", "c", "mean")] == ["0.250", "0.750", "absent", "0.500"]
    record = json.loads(json.dumps(score_record(("a", "b", "c"), scores)))
    assert record["mAP"] == 0.5
    assert [entry["AP"] for entry in record["classes"].values()] == [0.25, 0.75, None]


def test_the_best_is_that_of_the_section_checkpoint(tiny: Path) -> None:
    callback = "{class_path: ModelCheckpoint, monitor: null, save_top_k: -1, filename: 'all-{epoch}'}"
    words = ["--trainer.callbacks", f"[{callback}]", "--trainer.max_epochs", "4", "--model.optimizer.lr", "0.01"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
    with Path("runs/tiny/1/metrics.csv").open() as file:
        scores = [float(row["val/mIoU"]) for row in csv.DictReader(file) if row["val/mIoU"]]
    best = json.loads(Path("runs/tiny/1/val_scores.json").read_text())
    assert len(set(scores)) > 1
    assert best["mIoU"] == pytest.approx(max(scores), abs=1e-6)
    assert best["epoch"] == 1 + scores.index(max(scores))


def test_counts_of_the_last_validation_are_kept_where_it_is_not_the_best(tiny: Path) -> None:
    words = ["--trainer.max_epochs", "3", "--checkpoint.every_n_epochs", "2"]  # the best of epoch 2, the only one
    assert main(["fit", "-c", str(tiny), *words]) == 0
    run = StoredRun.load(Path("runs/tiny/1"))
    last, counts = run.curve("val/mIoU")[-1], run.last_counts()

    assert (run.scores()["epoch"], last.epoch) == (2, 3)
    assert counts is not None
    assert counts.epoch == 3
    assert counts.ids == run.counts().ids
    assert float(Scores.of(torch.from_numpy(counts.total())).mean_iou) == pytest.approx(last.value, abs=1e-6)
    (run.path / LAST_IMAGES).write_bytes((run.path / "val_images.npz").read_bytes())
    assert StoredRun.load(run.path, trust=False).changed == (LAST_IMAGES,)


def test_counts_of_the_last_validation_are_not_kept_twice(trained: Path) -> None:
    run = StoredRun.load(trained)
    assert (trained / LAST_IMAGES).is_file() == (run.scores()["step"] != run.curve("val/mIoU")[-1].step)


def test_the_group_with_the_lowest_score_comes_first() -> None:
    found = {name: {"images": 2, "mIoU": score} for name, score in (("a", 0.9), ("b", 0.3), ("c", None))}
    assert [cell.plain for cell in group_table(found).columns[0]._cells] == ["b", "a", "c"]  # type: ignore[union-attr]
