"""What model.metrics names, from the experiment to everything that reads a run."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from segcli.cli.main import main
from segcli.comparison.compare_runs import compare_runs
from segcli.comparison.page.page import write_page
from segcli.comparison.run_deltas import run_deltas
from segcli.runs.image_scores import ImageScores
from segcli.runs.stored_run import StoredRun
from tests.conftest import TINY, working_directory

KAPPA = "MulticlassCohenKappa"
METRICS = f"""
  metrics:
    - {{class_path: BoundaryIoU, group: true}}
    - {{class_path: SurfaceDice, tolerance_px: 1}}
    - HD95
    - ExpectedCalibrationError
    - {{class_path: FBeta, beta: 1, name: f1}}
    - {{class_path: AveragePrecision, thresholds: 20}}
    - {{class_path: torchmetrics.classification.{KAPPA}, num_classes: 4}}
checkpoint: {{monitor: val/hd95}}
"""
BY_IMAGE = ("boundary_iou", "surface_dice", "hd95", "ece", "f1")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one experiment, of two seeds, with several metrics; not to be changed."""
    folder = tmp_path_factory.mktemp("metrics")
    text = TINY.replace("\ntrainer:", METRICS + "\ntrainer:").replace(
        "  image_size: 32", "  image_size: 32\n  group: '{split}_*'"
    )
    (folder / "experiments").mkdir()
    (folder / "experiments" / "many.yaml").write_text(text)
    with working_directory(folder):
        for seed in ("0", "1"):
            assert main(["fit", "-c", "experiments/many.yaml", "--seed_everything", seed]) == 0
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return Path("runs/many/1")


def test_the_best_is_that_of_the_metric_that_is_monitored(here: Path) -> None:
    with (here / "metrics.csv").open() as file:
        values = [float(row["val/hd95"]) for row in csv.DictReader(file) if row["val/hd95"]]
    scores = json.loads((here / "val_scores.json").read_text())

    assert len(values) == 2
    assert scores["hd95"] == pytest.approx(min(values), rel=1e-6)
    assert scores["epoch"] == 1 + values.index(min(values))
    assert {*BY_IMAGE, "mAP", KAPPA} < scores.keys()
    assert {"boundary_iou", "surface_dice", "hd95", "f1", "AP"} < scores["classes"]["circle"].keys()
    assert scores["classes"]["circle"]["f1"] == scores["classes"]["circle"]["Dice"]


def test_groups_have_the_score_that_is_wanted_of_them(here: Path) -> None:
    scores = json.loads((here / "val_scores.json").read_text())

    assert scores["groups"]["val"].keys() == {"images", "mIoU", "boundary_iou"}
    assert scores["groups"]["val"]["boundary_iou"] == scores["boundary_iou"]


def test_what_each_image_adds_is_kept_and_gives_the_scores(here: Path) -> None:
    found = ImageScores.read(here / "val_metrics.npz")
    scores = json.loads((here / "val_scores.json").read_text())

    assert tuple(found.rows) == BY_IMAGE
    assert len(found.ids) == 6
    for name in BY_IMAGE:
        assert np.nanmean(found.values(name)) == pytest.approx(scores[name], abs=1e-6)
    assert (here / "val_last_metrics.npz").is_file() == (scores["epoch"] == 1)


@pytest.mark.parametrize("metric", [*BY_IMAGE, "hd95/circle"])
def test_runs_are_compared_by_image(here: Path, metric: str) -> None:
    found = compare_runs([here.parent], by=["seed_everything"], metric=f"val/{metric}")

    assert found.lower_is_better == (metric.split("/")[0] in ("hd95", "ece"))
    assert found.image_units is not None
    assert found.image_units.images == 6
    (pair,) = found.pairs
    assert pair.score.estimate.low < pair.score.estimate.mean < pair.score.estimate.high
    first, second = (group.values[0] for group in found.groups)
    assert (first < second) == found.lower_is_better
    assert not any("not recorded by image" in note for note in found.notes)
    assert bool(pair.by_class) == (metric != "ece")


@pytest.mark.parametrize("metric", ["mAP", KAPPA])
def test_what_is_not_by_image_is_compared_by_seeds_only(here: Path, metric: str) -> None:
    found = compare_runs([here.parent], metric=f"val/{metric}")

    assert f"val/{metric} is not recorded by image: intervals are of seeds only" in found.notes
    assert found.image_units is None
    assert found.groups[0].score.deviation is not None


def test_the_last_validation_is_compared_by_image_too(here: Path) -> None:
    found = compare_runs([here.parent], metric="val/boundary_iou", at="last")
    runs = [StoredRun.load(path) for path in (here, here.parent / "2")]

    assert found.image_units is not None
    last = [run.curve("val/boundary_iou")[-1].value for run in runs]
    assert sorted(found.groups[0].values) == pytest.approx(sorted(last), abs=1e-6)


def test_groups_of_images_are_compared(here: Path) -> None:
    found = compare_runs([here.parent], metric="val/hd95", group="{image}0*")

    assert [group.images for group in found.image_groups] == [6]


def test_metrics_of_other_definitions_are_not_compared(here: Path, tmp_path: Path, capsys: Capture) -> None:
    words = ["--model.metrics", "[{class_path: SurfaceDice, tolerance_px: 3}]", "--checkpoint.monitor", "val/mIoU"]
    words += ["--run.root", str(tmp_path), "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", "experiments/many.yaml", *words]) == 0
    capsys.readouterr()
    places = [str(here), str(tmp_path)]

    assert main(["compare", *places, "--metric", "val/surface_dice"]) == 2
    assert "different definitions of val/surface_dice (definition)" in capsys.readouterr().err
    assert main(["compare", *places]) == 0
    assert "mIoU" in capsys.readouterr().out
    (run,) = tmp_path.glob("many/*")
    assert [one.subject for one in run_deltas(here, run).scores] == ["val/mIoU", "val/mDice", "val/pixel_accuracy"]


def test_two_runs_are_told_apart_by_every_metric(here: Path) -> None:
    found = run_deltas(here, here.parent / "2")

    assert not found.why_not
    named = {one.subject: one.estimate for one in found.scores}
    assert {f"val/{name}" for name in (*BY_IMAGE, "mAP", KAPPA)} < named.keys()
    assert all(named[f"val/{name}"].low is not None for name in BY_IMAGE)
    assert named["val/mAP"].low is None


def test_a_checkpoint_measures_every_metric_again(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with working_directory(tmp_path / "copy"):
        assert main(["verify", "runs/many/1"]) == 0
        out = capsys.readouterr().out
        assert main(["test", "--ckpt_path", "runs/many/1/checkpoints/best.ckpt"]) == 0
        tested = compare_runs([Path("runs/many/1")], metric="test/boundary_iou")
        capsys.readouterr()
        path = Path("runs/many/1/val_metrics.npz")
        rows = ImageScores.read(path)
        ImageScores(rows.ids, {**rows.rows, "hd95": rows.rows["hd95"] * 2}, rows.epoch).write(path)
        assert main(["verify", "runs/many/1"]) == 1
        falsified = capsys.readouterr().out

    assert "val/hd95" in out
    assert f"val/{KAPPA}" in out
    assert out.endswith("\nas recorded\n")
    assert tested.groups[0].score.low is not None
    assert "val_metrics.npz was changed" in falsified


def test_results_are_recorded_with_every_metric(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with working_directory(tmp_path / "copy"):
        assert main(["record", "runs/many"]) == 0
        entry = json.loads(Path("experiments/results/many.json").read_text())

    assert {*BY_IMAGE, "mAP", KAPPA} < entry["val"].keys()
    assert entry["val"]["hd95"]["n"] == 2
    assert len(entry["settings"]["model.metrics"]) == 7


def test_the_page_shows_a_metric_and_its_classes(here: Path, tmp_path: Path) -> None:
    found = compare_runs([here.parent], by=["seed_everything"], metric="val/hd95")
    write_page(found, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()

    assert "lower is better" in text
    assert "hd95 of every class" in text


def test_a_run_is_resumed_with_the_metrics_of_its_best_epoch(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with working_directory(tmp_path / "copy"):
        best = json.loads(Path("runs/many/1/val_scores.json").read_text())
        words = ["--ckpt_path", "runs/many/1/checkpoints/last.ckpt", "--trainer.max_epochs", "3"]
        assert main(["fit", *words]) == 0
        with Path("runs/many/1/metrics.csv").open() as file:
            values = [float(row["val/hd95"]) for row in csv.DictReader(file) if row["val/hd95"]]
        after = json.loads(Path("runs/many/1/val_scores.json").read_text())

    assert len(values) == 3
    assert after["hd95"] == pytest.approx(min(values), rel=1e-6)
    assert after["hd95"] <= best["hd95"]


def test_what_a_metric_refuses_is_told_before_anything_runs(tiny: Path, capsys: Capture) -> None:
    Path("bad.yaml").write_text("extends: tiny.yaml\nmodel:\n  metrics:\n    - {class_path: BoundaryIoU, width: 2}\n")

    assert main(["check", "bad.yaml"]) == 2
    out = capsys.readouterr().out
    assert "model.metrics.0: BoundaryIoU got width 2" in out
    assert "bad.yaml:4" in out


def test_without_metrics_a_run_is_what_it_was(trained: Path) -> None:
    run = StoredRun.load(trained)

    assert not list(trained.glob("*_metrics.npz"))
    assert "scores" not in run.passport
    assert run.metric_specs == ()
    state = torch.load(trained / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert not [name for name in state if "metric" in name]
