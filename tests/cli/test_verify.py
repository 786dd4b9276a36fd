import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from segcli.cli.main import main
from segcli.cli.verify import _Record
from segcli.datasets import known_files
from segcli.datasets.known_files import KnownFiles
from segcli.runs.image_counts import ImageCounts
from segcli.runs.named_run import named_run
from tests.datamodules.data import write_pairs


def test_a_checkpoint_measures_what_the_run_recorded(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copied)]) == 0
    out = capsys.readouterr().out
    assert "data: as recorded" in out
    assert "every pixel of 6 images is counted as it was" in out
    assert out.endswith("\nas recorded\n")


def test_other_data_and_scores_are_told(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copied), "--data.data_seed", "9"]) == 1
    out = capsys.readouterr().out
    assert "data: DIFFERENT from those of the run" in out
    assert "pixels are counted differently" in out
    assert out.endswith("\nNOT as recorded\n")


def _falsify(path: Path) -> None:
    if path.suffix == ".npz":
        counts = ImageCounts.read(path)
        dataclasses.replace(counts, cell=counts.cell // counts.num_classes * (counts.num_classes + 1)).write(path)
    elif path.suffix == ".json":
        content = json.loads(path.read_text())
        for values in content.get("classes", {}).values():
            values["IoU"] = 0.999
        path.write_text(json.dumps({**content, "more": []}))
    else:
        path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(
    "name",
    [
        *("config.yaml", "composed.yaml", "passport.json", "packages.txt", "splits.json", "metrics.csv", "timing.csv"),
        *("val_scores.json", "val_images.npz", "schedule.png", "hparams.yaml", "checkpoints/last.ckpt"),
        *("predictions/epoch_001.png", "worst/worst.json"),
    ],
)
def test_whatever_file_is_changed_is_found_though_scores_are_tolerated(copied: Path, name: str) -> None:
    assert _Record.read(named_run(str(copied), trust=False), "val", 1.0).agrees
    _falsify(copied / name)
    record = _Record.read(named_run(str(copied), trust=False), "val", 1.0)
    assert not record.agrees
    assert any(name in line for line in record.lines)


def test_falsified_counts_and_scores_fail(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("val_images.npz", "val_scores.json"):
        _falsify(copied / name)
    assert main(["verify", str(copied)]) == 1
    out = capsys.readouterr().out
    assert "val_images.npz was changed after it was written" in out
    assert "pixels are counted differently  DIFFERENT" in out
    assert "val/IoU/background" in out
    assert out.endswith("\nNOT as recorded\n")
    assert main(["compare", str(copied)]) == 2
    assert "was changed after the run wrote it" in capsys.readouterr().err


def test_another_checkpoint_than_the_run_wrote_is_told(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(copied / "checkpoints" / "last.ckpt", copied / "checkpoints" / "best.ckpt")
    assert main(["verify", str(copied)]) == 1
    assert "best.ckpt is not the file that the run wrote" in capsys.readouterr().out


def test_the_test_split_is_that_of_the_newest_test(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copied), "--split", "test"]) == 2
    assert "was not tested: python -m segcli test" in capsys.readouterr().err
    assert main(["test", "--ckpt_path", str(copied / "checkpoints" / "best.ckpt")]) == 0
    assert main(["verify", str(copied), "--split", "test"]) == 0
    assert "every pixel of 4 images" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "verify needs RUN, the folder of a run"),
        (["runs/none"], "no folder runs/none; name that of a run"),
        (["."], ". has no passport.json"),
        (["runs/tiny/1", "-c", "x.yaml"], "verify has no option -c; fit, "),
        (["runs/tiny/1", "--tolerance", "2"], "--tolerance got '2', expected a number from 0 to 1"),
        (["runs/tiny/1", "--split", "train"], "--split got 'train'"),
    ],
)
def test_mistakes(copied: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["verify", *words]) == 2
    assert message in capsys.readouterr().err


def test_without_the_checkpoint_there_is_nothing_to_measure(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "checkpoints" / "best.ckpt").unlink()
    assert main(["verify", str(copied)]) == 2
    assert "has no checkpoints/best.ckpt" in capsys.readouterr().err


def _read_by(words: list[str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the names of the data's files that a command reads to hash them."""
    read, usual = set[str](), KnownFiles.read

    def noted(known: KnownFiles, path: str) -> Any:  # noqa: ANN401
        read.add(path)
        return usual(known, path)

    with monkeypatch.context() as patch:
        patch.setattr(known_files, "RACY_NS", -10_000_000_000)  # as if the files had been written a while before
        patch.setattr(KnownFiles, "read", noted)
        assert main(words) == 0
    return read


@pytest.mark.parametrize("is_trained", [True, False])
def test_all_files_of_the_data_are_read_though_they_are_remembered(
    is_trained: bool, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for split in ("train", "val"):
        write_pairs(Path("data", split, "images"), Path("data", split, "labels"), ["a", "b"], (0, 1))
    model = tiny.read_text().partition("model:")[2]
    data = "data: {class_path: FolderDataModule, root: data, classes: [a, b], batch_size: 2}"
    tiny.write_text(f"{data}\nmodel:{model}")
    fit = ["fit", "-c", "tiny.yaml", "--trainer.max_epochs", "1"]
    words = fit if is_trained else ["evaluate", "data/val/labels", "-c", "tiny.yaml", "--run.name", "tiny"]
    _read_by(words, monkeypatch)
    assert not _read_by(words, monkeypatch)
    found = _read_by(["verify", "runs/tiny/1"], monkeypatch)
    assert {str(Path(each)) for each in found} == {
        f"data/val/{of}/{name}.png" for of in ("images", "labels") for name in "ab"
    }
    assert "data: as recorded" in capsys.readouterr().out
