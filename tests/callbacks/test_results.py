import csv
import json
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main
from segcli.metrics.scores import Scores
from segcli.runs.stored_run import LAST_IMAGES, StoredRun


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
