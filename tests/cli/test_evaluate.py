import json
from pathlib import Path

import pytest

from segcli.cli.main import main
from tests.predicted import write_noisy_masks

Capture = pytest.CaptureFixture[str]


def test_a_test_of_predict_has_the_counts_of_test(in_trained: Path, capsys: Capture) -> None:
    best = ["--ckpt_path", str(in_trained)]
    assert main(["test", *best]) == main(["predict", *best]) == 0
    assert main(["evaluate", "runs/tiny/1/predictions/1", "-c", "tiny.yaml", "--split", "test"]) == 0
    captured = capsys.readouterr()
    assert "written to runs/tiny_predictions/1" in captured.out
    assert "predictions are read as class indices, 0 to 3" in captured.err
    assert "not used" not in captured.err
    table = captured.out.split("test, runs/tiny/1/predictions/1")[1]
    assert "background" in table
    assert "pixel accuracy" in table
    before, now = (
        json.loads(Path(each).read_text())
        for each in ("runs/tiny/1/test/1/test_scores.json", "runs/tiny_predictions/1/test_scores.json")
    )
    assert now == before
    images = Path("runs/tiny/1/test/1/test_images.npz"), Path("runs/tiny_predictions/1/test_images.npz")
    assert images[0].read_bytes() == images[1].read_bytes()
    assert main(["compare", "runs", "--metric", "test/mIoU"]) == 0
    assert "tiny_predictions" in capsys.readouterr().out
    assert main(["compare", "runs"]) == 0
    assert "has scores of test alone, not of val" in capsys.readouterr().out


def test_formats_hold_the_same(tiny: Path, capsys: Capture) -> None:
    write_noisy_masks(Path("out"), name="{name}_pred.png")
    words = ["evaluate", "out", "-c", "tiny.yaml", "--pattern", "{name}_pred", "--run.name", "nnunet"]
    assert main([*words, "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["run"], record["images"], record["predictions"]["pattern"]) == ("runs/nnunet/1", 6, "{name}_pred")
    assert main([*words, "--format", "markdown"]) == 0
    markdown = capsys.readouterr().out
    assert f"| **mean** | {record['mIoU']:.3f} | {record['mDice']:.3f} | 6,144 |" in markdown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["out"], "evaluate PREDICTIONS needs an experiment"),
        (["-c", "tiny.yaml"], "evaluate needs PREDICTIONS, a folder"),
        (["out", "-c", "tiny.yaml", "--values", "colours"], "--values got 'colours'"),
        (["out", "-c", "tiny.yaml", "--values", "masks"], "--values masks got data whose masks are no files"),
        (["out", "-c", "tiny.yaml", "--others", "circel"], "--others got 'circel'"),
        (["out", "-c", "tiny.yaml", "--pattern", "pred"], "--pattern got 'pred'"),
        (["out", "-c", "tiny.yaml", "--split", "test"], "4 of 4 images of test have no prediction in out"),
        (
            ["out", "-c", "tiny.yaml", "--data.val_size", "7"],
            "1 of 7 images of val have no prediction in out: val_00006",
        ),
        (["out", "-c", "tiny.yaml", "--ckpt_path", "last"], "evaluate has no option --ckpt_path"),
        (["out", "-c", "tiny.yaml", "--model.task", "multilabel"], "model.task: got 'multilabel'"),
    ],
)
def test_mistakes_are_told_without_a_run(tiny: Path, words: list[str], told: str, capsys: Capture) -> None:
    write_noisy_masks(Path("out"))
    assert main(["evaluate", *words]) == 2
    assert told in capsys.readouterr().err
    assert not Path("runs").exists()


def test_nothing_else_takes_scores_for_a_training(tiny: Path, capsys: Capture) -> None:
    write_noisy_masks(Path("out"))
    assert main(["evaluate", "out", "-c", "tiny.yaml"]) == 0
    for words, told in (
        (["fit", "-c", "runs/out/1"], "these are scores of predictions (out), which have no model"),
        (["show", "runs/out/1"], "take the experiment that they were scored by, composed.yaml beside it"),
        (["rerun", "runs/out/1"], "there is no training to repeat; score them again with"),
        (["fit", "-c", "tiny.yaml", "--run.name", "out", "--ckpt_path", "last"], "no interrupted run in runs/out"),
        (["fit", "--ckpt_path", "runs/out/1"], "is a folder; --ckpt_path takes a file"),
    ):
        capsys.readouterr()
        assert main(words) == 2
        assert told in capsys.readouterr().err
    assert main(["show", "runs/out/1/composed.yaml"]) == 0


def test_verify_scores_again(tiny: Path, capsys: Capture) -> None:
    write_noisy_masks(Path("out"), name="{name}_pred.png")
    assert main(["evaluate", "out", "-c", "tiny.yaml", "--pattern", "{name}_pred", "--run.name", "nnunet"]) == 0
    Path("tiny.yaml").unlink()
    assert main(["verify", "runs/nnunet/1"]) == 0
    out = capsys.readouterr().out
    assert "predictions: as recorded" in out
    assert "every pixel of 6 images is counted as it was" in out
    Path("out/val_00000_pred.png").write_bytes(Path("out/val_00001_pred.png").read_bytes())
    assert main(["verify", "runs/nnunet/1"]) == 1
    out = capsys.readouterr().out
    assert "predictions: DIFFERENT from those of the run" in out
    assert out.endswith("\nNOT as recorded\n")
    assert main(["compare", "runs"]) == 0  # scores of verify are no runs
    scores = Path("runs/nnunet/1/val_scores.json")
    scores.write_text(scores.read_text().replace('"mIoU": 0.', '"mIoU": 0.1'))
    assert main(["verify", "runs/nnunet/1"]) == 1
    assert "val_scores.json was changed after it was written" in capsys.readouterr().out
    assert main(["compare", "runs"]) == 2


def test_results_are_recorded_with_the_command_that_repeats_them(tiny: Path, capsys: Capture) -> None:
    for seed in (0, 1):
        write_noisy_masks(Path(f"out{seed}"), seed)
        assert main(["evaluate", f"out{seed}", "-c", "tiny.yaml", "--run.name", "nnunet"]) == 0
    assert main(["record", "runs/nnunet", "--folder", "."]) == 0
    entry = json.loads(Path("results/nnunet.json").read_text())
    assert (entry["val"]["mIoU"]["n"], entry["predictions"]["folder"], entry["cost"]) == (2, "out0", {})
    assert "(2 seeds)" in capsys.readouterr().out
    Path("README.md").write_text("<!-- results: written by segcli record -->\n<!-- end of results -->\n")
    assert main(["record", "--table", "--folder", "."]) == 0
    assert "evaluate out0 -c tiny.yaml` |" in Path("README.md").read_text()
    assert "| current |" in Path("README.md").read_text()
    text = Path("tiny.yaml").read_text()
    Path("tiny.yaml").write_text(text.replace("FPN, pyramid_channels: 32, segmentation_channels: 64", "UNet"))
    assert main(["record", "--check", "--folder", "."]) == 0  # predictions have no decoder
    Path("tiny.yaml").write_text(text.replace("val_size: 6", "val_size: 5"))
    assert main(["record", "--check", "--folder", "."]) == 1
    assert main(["evaluate", "out0", "-c", "tiny.yaml", "--run.name", "nnunet", "--data.val_size", "6"]) == 0
    capsys.readouterr()
    assert main(["record", "runs/nnunet/1", "runs/nnunet/3", "--folder", "."]) == 2
    assert "of the same predictions: name one of them" in capsys.readouterr().err


def _evaluate(folder: str, name: str, *more: str) -> None:
    assert main(["evaluate", folder, "-c", "tiny.yaml", "--run.name", name, *more]) == 0


def test_scores_stand_beside_trained_runs(in_trained: Path, capsys: Capture) -> None:
    write_noisy_masks(Path("out0"))
    write_noisy_masks(Path("out1"), seed=1)
    for folder in ("out0", "out1", "out0"):
        _evaluate(folder, "nnunet")
    assert main(["fit", "-c", "tiny.yaml", "--model.decoder", "UNet", "--run.name", "unet"]) == 0
    capsys.readouterr()
    assert main(["compare", "runs", "--format", "json", "--html", "page.html", "--plots", "plots"]) == 0
    found = json.loads(capsys.readouterr().out)
    groups = {group["label"]: group for group in found["groups"]}
    assert set(groups) == {"nnunet", "FPN", "UNet"}
    assert len(groups["nnunet"]["runs"]) == 2
    assert groups["nnunet"]["cost"]["parameters"] is groups["nnunet"]["cost"]["train_s"] is None
    assert any(
        "1 has the predictions of runs/nnunet/3, which is newer, and the same result" in n for n in found["notes"]
    )
    assert not any("numbers of steps" in note or "validations" in note for note in found["notes"])
    settings = {key for pair in found["pairs"] for key in _keys(pair)}
    assert settings == {"predictions", "model.decoder"}
    assert "nnunet" in Path("page.html").read_text()
    assert main(["compare", "runs", "--at", "last"]) == 0
    assert main(["compare", "runs", "--by", "model.decoder", "--format", "markdown"]) == 0
    assert "| not set | 2 |" in capsys.readouterr().out


def _keys(pair: dict[str, object]) -> set[str]:
    settings = pair["settings"]
    assert isinstance(settings, list)
    return {each["key"] if isinstance(each, dict) else each[0] for each in settings}


def test_metrics_of_labels_are_compared(tiny: Path, capsys: Capture) -> None:
    write_noisy_masks(Path("out"))
    metrics = "[BoundaryIoU, {class_path: torchmetrics.classification.MulticlassCohenKappa, num_classes: 4}]"
    _evaluate("out", "nnunet", "--model.metrics", metrics)
    for metric in ("val/boundary_iou", "val/boundary_iou/circle", "val/MulticlassCohenKappa"):
        capsys.readouterr()
        assert main(["compare", "runs", "--metric", metric, "--format", "json"]) == 0
        assert 0 < json.loads(capsys.readouterr().out)["groups"][0]["values"][0] < 1
    assert main(["compare", "runs", "--metric", "val/loss"]) == 2
    assert "no run has the metric 'val/loss'" in capsys.readouterr().err
