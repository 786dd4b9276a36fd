import csv
import json
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main
from segcli.runs.stored_run import StoredRun

RUN = Path("runs/tiny/1")


def _curve(metric: str) -> dict[int, float]:
    with (RUN / "metrics.csv").open() as file:
        return {int(row["step"]): float(row[metric]) for row in csv.DictReader(file) if row.get(metric)}


@pytest.mark.parametrize(
    "words",
    [
        ["--checkpoint.monitor", "val/loss"],
        ["--checkpoint.save_top_k", "2"],
        ["--checkpoint.save_top_k", "-1"],
        ["--checkpoint.filename", "'e-{epoch}-{val/mIoU:.3f}'"],
        ["--checkpoint.filename", "null", "--checkpoint.save_top_k", "2"],
        ["--trainer.callbacks+", "{class_path: ModelCheckpoint, monitor: val/loss, filename: best}"],
        ["--trainer.callbacks+", "{class_path: ModelCheckpoint, monitor: val/mIoU}"],
    ],
    ids=["val/loss", "top 2", "all", "filename", "no filename", "a second of that name", "a second alike"],
)
def test_the_best_is_known_by_what_it_holds(tiny: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = [*words, "--trainer.val_check_interval", "1"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
    shown = capsys.readouterr().out

    metric = "val/loss" if "val/loss" in words else "val/mIoU"
    curve = _curve(metric)
    best = (min if metric == "val/loss" else max)(curve, key=curve.__getitem__)
    scores = json.loads((RUN / "val_scores.json").read_text())
    path = RUN / "checkpoints" / scores["checkpoint"]
    assert scores["step"] == best
    assert scores["mIoU"] == pytest.approx(_curve("val/mIoU")[best], abs=1e-6)
    assert torch.load(path, weights_only=True)["global_step"] == best
    assert StoredRun.load(RUN).best_checkpoint == path
    assert f"epoch {scores['epoch']} (best)" in shown
    assert path.name.split("=")[-1] in shown
    assert main(["verify", str(RUN)]) == 0


def test_without_a_best_file_the_scores_are_kept(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--checkpoint.save_top_k", "0"]) == 0

    assert json.loads((RUN / "val_scores.json").read_text())["checkpoint"] is None
    assert [path.name for path in (RUN / "checkpoints").iterdir()] == ["last.ckpt"]
    assert main(["verify", str(RUN)]) == 2
    assert "kept no best checkpoint: checkpoint.save_top_k is 0" in capsys.readouterr().err
