import csv
import json
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main

RUN = Path("runs/tiny/1")
EARLY = "{class_path: EarlyStopping, monitor: val/mIoU, min_delta: 2.0, patience: 1}"


def _rows(name: str) -> list[tuple[int, int]]:
    with (RUN / name).open() as file:
        rows = list(csv.DictReader(file))
    return [(int(row["epoch"]), int(row["step"])) for row in rows if row.get("val/loss") or name == "timing.csv"]


@pytest.mark.parametrize(
    ("words", "validations"),
    [
        (["--trainer.max_steps", "2"], [(1, 2)]),
        (["--trainer.max_steps", "4"], [(1, 3), (2, 4)]),
        (["--trainer.max_steps", "4", "--trainer.check_val_every_n_epoch", "5"], [(2, 4)]),
        (["--trainer.check_val_every_n_epoch", "5"], [(2, 6)]),
        (["--trainer.val_check_interval", "2"], [(1, 2), (2, 5), (2, 6)]),
        (["--trainer.val_check_interval", "4", "--trainer.check_val_every_n_epoch", "null"], [(2, 4), (2, 6)]),
        (["--checkpoint.every_n_epochs", "5"], [(1, 3), (2, 6)]),
        (["--trainer.limit_train_batches", "1"], [(1, 1), (2, 2)]),
        (["--trainer.max_steps", "2", "--trainer.accumulate_grad_batches", "2"], [(1, 2)]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and isinstance(value[0], str) else "",
)
def test_the_last_step_is_validated_once_and_counted_alike(
    tiny: Path, words: list[str], validations: list[tuple[int, int]]
) -> None:
    assert main(["fit", "-c", str(tiny), *words]) == 0

    assert _rows("metrics.csv") == _rows("timing.csv") == validations
    scores = json.loads((RUN / "val_scores.json").read_text())
    assert (scores["epoch"], scores["step"]) in validations
    held = torch.load(RUN / "checkpoints" / scores["checkpoint"], weights_only=True)
    assert held["global_step"] == scores["step"]
    assert main(["verify", str(RUN)]) == 0


def test_a_run_that_early_stopping_ended_trains_on_when_told_to(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "9", "--trainer.callbacks+", EARLY]) == 0
    assert _rows("timing.csv") == [(1, 3), (2, 6)]
    last = str(RUN / "checkpoints" / "last.ckpt")
    assert main(["fit", "--ckpt_path", last]) == 2
    assert "is finished; to train on, raise trainer.max_epochs" in capsys.readouterr().err
    assert main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "12"]) == 0
    assert _rows("timing.csv") == _rows("metrics.csv") == [(1, 3), (2, 6), (3, 9)]


def test_what_trained_no_step_is_not_finished(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.max_steps", "3"]) == 0
    last = str(RUN / "checkpoints" / "last.ckpt")
    before = (RUN / "metrics.csv").read_text()
    assert main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "7"]) == 2
    assert "nothing was trained: the run ends at trainer.max_epochs 7, trainer.max_steps 3" in capsys.readouterr().err
    assert (RUN / "metrics.csv").read_text() == before
    assert main(["fit", "--ckpt_path", last, "--trainer.max_steps", "5"]) == 0
    assert _rows("metrics.csv") == [(1, 3), (2, 5)]


def test_losses_of_a_run_shorter_than_the_interval_of_logs_are_logged(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.log_every_n_steps", "50"]) == 0
    with (RUN / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["train/loss"]]
    assert [(row["epoch"], row["step"]) for row in rows] == [("2", "6")]
