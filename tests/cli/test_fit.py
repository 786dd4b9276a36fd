import csv
import importlib.metadata
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from segcli.cli.fit import curves_hint
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.runs.loggers import default_loggers, with_metrics_file


def test_the_run_folder_holds_what_is_promised(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"config.yaml", "composed.yaml", "passport.json", "checkpoints", "metrics.csv", "predictions"} <= names
    assert {path.name for path in (trained / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert {path.name for path in (trained / "predictions").glob("*.png")} == {"epoch_001.png", "epoch_002.png"}
    assert any(name.startswith("events.out.tfevents") for name in names)


def test_metrics_are_logged_by_their_stable_names(trained: Path) -> None:
    with (trained / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    logged = {key for row in rows for key, value in row.items() if value}
    assert {"train/loss", "val/loss", "val/mIoU", "val/IoU/background", "val/pixel_accuracy", "lr"} <= logged
    assert sum(bool(row["val/mIoU"]) for row in rows) == 2


def test_the_saved_config_composes_to_itself_and_shows_every_value(trained: Path) -> None:
    saved = yaml.safe_load((trained / "config.yaml").read_text())
    composed = compose([trained / "config.yaml"]).plain()
    assert composed == {key: value for key, value in saved.items() if key != "defaults"}
    assert saved["model"]["optimizer"]["init_args"]["betas"] == [0.9, 0.999]
    assert saved["trainer"]["gradient_clip_val"] is None
    assert saved["trainer"]["default_root_dir"] is None


def test_the_saved_config_repeats_the_run_exactly_in_a_new_folder(trained: Path, in_trained: Path) -> None:
    assert main(["fit", "-c", "runs/tiny/1/config.yaml"]) == 0
    again = Path("runs/tiny/2")
    first, second = (torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (trained, again))
    for key, value in first["state_dict"].items():
        assert torch.equal(value, second["state_dict"][key]), key
    assert (trained / "config.yaml").read_text() == (again / "config.yaml").read_text()


def test_the_passport_tells_how_the_run_went(trained: Path) -> None:
    passport = json.loads((trained / "passport.json").read_text())
    assert passport["status"] == "finished"
    assert passport["command"] == ["segcli", "fit", "-c", "tiny.yaml"]
    assert passport["seed"] == 0
    assert passport["versions"]["torch"] == importlib.metadata.version("torch")
    assert passport["started"] <= passport["ended"]


def test_scores_are_written_by_class_name(trained: Path) -> None:
    scores = json.loads((trained / "val_scores.json").read_text())
    assert set(scores["classes"]) == {"background", "circle", "square", "triangle"}
    assert sum(entry["pixels"] for entry in scores["classes"].values()) == 6 * 32 * 32


def test_a_second_run_never_overwrites_the_first(tiny: Path) -> None:
    for _ in range(2):
        assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1", "--trainer.limit_train_batches", "2"]) == 0
    assert sorted(path.name for path in Path("runs/tiny").iterdir()) == ["1", "2"]


def test_what_the_command_line_overrides_is_in_the_record(tiny: Path) -> None:
    words = ["fit", "-c", str(tiny), "--model.decoder", "UNet", "--trainer.fast_dev_run", "2"]
    assert main(words) == 0
    saved = yaml.safe_load(Path("runs/tiny/1/config.yaml").read_text())
    assert saved["model"]["decoder"] == {"class_path": "segcli.decoders.unet.UNet", "init_args": {"channels": None}}


def test_the_end_tells_folder_table_and_next_steps(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny)]) == 0
    out = capsys.readouterr().out
    for word in ("validation, epoch", "triangle", "runs/tiny/1"):
        assert word in out
    assert "--ckpt_path runs/tiny/1/checkpoints/best.ckpt" in out
    assert "guide own-data" in out
    assert "epoch 2/2" in out
    assert "val/mIoU" in out


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--model.task", "binary"], "model.task: got 'binary' with 4 classes"),
        (["--model.schedule.warmup_steps", "-1"], "warmup_steps"),
        (["--model.loss", "CrossEntropyLoss", "--model.loss.class_weights", "[1, 2]"], "class_weights"),
        (["--model.backbone.name", "resnet51"], "resnet51"),
        (["--model.backbone.weights", "nowhere.pth"], "nowhere.pth"),
        (["--trainer.accelerator", "warp"], "warp"),
        (["--trainer.precision", "17"], "precision"),
        (["--model.optimizer.lr", "abc"], "model.optimizer.lr: expected float"),
        (["--data.image_size", "8"], "image_size"),
        (["--model.mean", "[0.5]"], "model.mean: got 1 values"),
        (["--trainer.max_epochs", "-1"], "length of the run"),
        (["--trainer.accelerator", "cuda", "--trainer.devices", "99"], "CUDA"),
        (["--checkpoint.mode", "maximum"], "maximum"),
        (["--checkpoint.monitor", "val/miou"], "did you mean 'val/mIoU'"),
        (["--trainer.default_root_dir", "x"], "run.root"),
        (["--data.train_transforms", "[{class_path: HorizontalFlip, p: 3}]"], "less than or equal to 1"),
    ],
)
def test_a_mistake_gets_one_short_error_and_leaves_no_folder(
    tiny: Path, capsys: pytest.CaptureFixture[str], extra: list[str], message: str
) -> None:
    assert main(["fit", "-c", str(tiny), *extra]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 4
    assert not Path("runs").exists()


def test_a_run_folder_that_cannot_be_made_is_an_error(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("runs").write_text("a file is in the way")
    assert main(["fit", "-c", str(tiny)]) == 2
    assert "cannot make a run folder in runs/tiny" in (err := capsys.readouterr().err)
    assert "--run.root" in err
    assert Path("runs").read_text() == "a file is in the way"


def test_missing_weights_without_network_name_both_ways_out(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert main(["fit", "-c", str(tiny), "--model.backbone.pretrained", "true"]) == 2
    err = capsys.readouterr().err
    assert "--model.backbone.pretrained false" in err
    assert "weights" in err


def test_accumulation_clipping_and_mixed_precision_train(tiny: Path) -> None:
    words = ["--trainer.accumulate_grad_batches=2", "--trainer.gradient_clip_val=0.5", "--trainer.precision=bf16-mixed"]
    assert main(["fit", "-c", str(tiny), *words, "--trainer.log_every_n_steps=1"]) == 0
    with Path("runs/tiny/1/metrics.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["lr"]]
    assert steps == [1, 2, 3, 4]  # 3 batches an epoch, the last alone: 2 steps in each of 2 epochs


def test_a_smoke_run_needs_no_shorter_warm_up(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.fast_dev_run=1", "--model.schedule.warmup_steps=50"]) == 0


def test_another_name_begins_a_new_run_from_a_checkpoint(in_trained: Path, tmp_path: Path) -> None:
    words = ["fit", "-c", "tiny.yaml", "--model.backbone.weights", "gone.pth", "--trainer.max_epochs", "3"]
    elsewhere = ["--run.root", str(tmp_path), "--run.name", "fork"]
    last = in_trained.with_name("last.ckpt")
    assert main([*words, *elsewhere, "--ckpt_path", str(last)]) == 0
    run = tmp_path / "fork" / "1"
    saved = yaml.safe_load((run / "config.yaml").read_text())
    assert saved["model"]["backbone"]["init_args"]["weights"] == "gone.pth"
    with (run / "metrics.csv").open() as file:
        epochs = {row["epoch"] for row in csv.DictReader(file) if row["val/mIoU"]}
    assert epochs == {"3"}
    assert json.loads((run / "val_scores.json").read_text())["epoch"] == 3  # the best of this folder


def test_bad_masks_are_all_named_before_anything_is_trained(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (Path("own") / split / kind).mkdir(parents=True)
        for number in range(4):
            picture = np.full((32, 32), number % 2, np.uint8)
            picture[0, :2] = 9 if (split, number) in {("train", 3), ("val", 1)} else 1
            Image.fromarray(picture).save(f"own/{split}/labels/{number}.png")
            Image.fromarray(np.dstack([picture] * 3)).save(f"own/{split}/images/{number}.png")
    Path("own/val/labels/2.png").unlink()
    Image.fromarray(np.zeros((32, 32), np.uint8)).save("own/val/labels/2.jpg")
    data = "{class_path: FolderDataModule, root: own, classes: [a, b], batch_size: 2}"

    assert main(["fit", "-c", str(tiny), "--data", data]) == 2
    err = capsys.readouterr().err
    assert "2 files are at fault" in err
    assert "own/train/labels/3.png" in err
    assert "own/val/labels/1.png" in err
    assert "warning: 1 mask is stored as JPEG, which changes values near edges" in err
    assert "Traceback" not in err
    assert not list(Path("runs").rglob("*.ckpt"))
    assert not list(Path("runs").rglob("metrics.csv"))


@pytest.mark.parametrize(
    ("logger", "hint"),
    [
        ("false", "no curves:           trainer.logger is false, so compare will leave this run out"),
        ("true", "look at the curves:  tensorboard --logdir runs"),
        ("csv", "look at the curves:  runs/a/1/metrics.csv"),
        ("board", "look at the curves:  tensorboard --logdir boards"),
    ],
)
def test_the_hint_names_the_curves_that_there_are(logger: str, hint: str) -> None:
    folder = Path("runs/a/1")
    given: dict[str, list[Logger]] = {
        "false": [],
        "true": default_loggers(folder),
        "csv": with_metrics_file(CSVLogger("elsewhere"), folder),
        "board": with_metrics_file(TensorBoardLogger("boards"), folder),
    }
    trainer = SimpleNamespace(loggers=given[logger])
    job = SimpleNamespace(cli=SimpleNamespace(trainer=trainer), folder=SimpleNamespace(path=folder))
    assert curves_hint(cast(Any, job)) == hint


def test_compare_says_of_a_run_without_a_logger_why_it_is_left_out(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "-c", "tiny.yaml", "--trainer.logger", "false", "--trainer.max_steps", "1"]) == 0
    assert "next        no curves: " in capsys.readouterr().out
    assert main(["compare", "runs/tiny/1"]) == 2
    assert "has no metrics.csv: it was trained with trainer.logger false" in capsys.readouterr().err
