import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.config.errors import ConfigError
from segcli.experiment.arguments import RunArguments
from segcli.experiment.evaluate import Evaluated, evaluate
from segcli.runs.predictions import Predictions
from segcli.runs.stored_run import StoredRun
from tests.datamodules.data import write_image, write_mask, write_pairs
from tests.datasets.tables import png, rows, write_parquet
from tests.predicted import write_model_predictions, write_noisy_masks

Capture = pytest.CaptureFixture[str]


def _evaluate(folder: Path, *overrides: str, **more: str) -> Evaluated:
    arguments = RunArguments("evaluate", [Path("tiny.yaml")], list(overrides), line=[str(folder), "-c", "tiny.yaml"])
    return evaluate(arguments, Predictions(folder, **more))  # type: ignore[arg-type]


def test_what_a_checkpoint_predicts_has_its_scores_to_the_last_bit(in_trained: Path) -> None:
    folder = write_model_predictions(in_trained, Path("out"))
    run = StoredRun.load(_evaluate(folder, "--run.name", "own").folder)
    trained = StoredRun.load(Path("runs/tiny/1"))
    assert run.counts().ids == trained.counts().ids
    assert run.counts().moved(trained.counts()) == 0
    assert (run.counts().cell == trained.counts().cell).all()
    for key in ("mIoU", "mDice", "pixel_accuracy", "classes"):
        assert run.scores()[key] == trained.scores()[key]
    assert run.passport["data"]["splits"]["val"] == trained.passport["data"]["splits"]["val"]
    assert run.passport["metrics"] == trained.passport["metrics"]


def test_the_run_says_what_it_is_and_holds_no_training(tiny: Path) -> None:
    found = _evaluate(write_noisy_masks(Path("nnunet")))
    assert found.folder == Path("runs/nnunet/1")
    files = {path.name for path in found.folder.iterdir()}
    assert files >= {"config.yaml", "composed.yaml", "passport.json", "splits.json", "val_scores.json"}
    assert not files & {"checkpoints", "metrics.csv", "timing.csv"}
    run = StoredRun.load(found.folder)
    assert run.predictions is not None
    assert (run.predictions["folder"], run.predictions["files"]) == ("nnunet", 6)
    assert (run.stage, run.seed, run.best_checkpoint, run.rows, run.timing, run.curve("val/mIoU")) == (
        *("val", None, None, (), ()),
        (),
    )
    assert set(run.config["model"]) == {"task", "metrics", "average_precision_thresholds"}
    assert not run.contradictions
    assert run.passport.get("weights") is run.passport.get("cost") is None


def test_other_predictions_have_another_hash(tiny: Path) -> None:
    hashes: list[str] = []
    for seed in (0, 0, 1):
        found = _evaluate(write_noisy_masks(Path(f"out{len(hashes)}"), seed))
        hashes.append(StoredRun.load(found.folder).passport["predictions"]["sha256"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_metrics_of_labels_are_measured_and_others_are_left_out(tiny: Path, capsys: Capture) -> None:
    metrics = ("--model.metrics", "[BoundaryIoU, AveragePrecision]")
    found = _evaluate(write_noisy_masks(Path("out")), *metrics)
    assert found.left_out == ["mAP"]
    assert "left out: mAP needs probabilities" in capsys.readouterr().err
    run = StoredRun.load(found.folder)
    images = run.image_scores()
    assert images is not None
    assert set(images.rows) == {"boundary_iou"}
    assert 0 < run.scores()["boundary_iou"] < 1
    assert [spec.name for spec in run.metric_specs] == ["boundary_iou"]


def test_groups_have_scores(tiny: Path) -> None:
    found = _evaluate(write_noisy_masks(Path("out")), "--data.group", "{split}_*")
    assert found.groups["val"]["images"] == 6
    assert StoredRun.load(found.folder).counts().groups == ("val",) * 6


def test_faults_of_all_files_are_told_and_no_run_is_left(tiny: Path) -> None:
    folder = write_noisy_masks(Path("out"))
    Image.new("L", (30, 32)).save(folder / "val_00001.png")
    Image.fromarray(np.full((32, 32), 9, np.uint8)).save(folder / "val_00004.png")
    (folder / "val_00005.png").write_bytes((folder / "val_00005.png").read_bytes()[:60])
    with pytest.raises(ConfigError) as caught:
        _evaluate(folder)
    told = caught.value.problems[0].message
    assert told.startswith("3 files are at fault:")
    assert "val_00001.png is 32 x 30 px, the mask of val_00001 is 32 x 32 px" in told
    assert "val_00004.png has mask value 9 (1024 pixels), expected 0 to 3" in told
    assert "out/val_00005.png" in told
    assert not Path("runs").exists()


def test_an_experiment_and_the_folder_must_be_there(tiny: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere is missing or no folder"):
        _evaluate(Path("nowhere"))
    with pytest.raises(ConfigError, match="evaluate PREDICTIONS needs an experiment"):
        evaluate(RunArguments("evaluate"), Predictions(Path()))


def test_every_class_has_a_folder_where_a_pixel_may_have_several(tiny: Path, capsys: Capture) -> None:
    from segcli.cli.main import main

    labels = ["--data.multilabel", "true", "--model.task", "multilabel"]
    assert main(["fit", "-c", "tiny.yaml", *labels]) == 0
    best = ["--ckpt_path", "runs/tiny/1/checkpoints/best.ckpt"]
    assert main(["test", *best]) == main(["predict", *best]) == 0
    predicted = Path("runs/tiny/1/predictions/1")
    found = _evaluate(predicted, *labels, split="test")
    before, now = (
        json.loads((Path(each) / "test_scores.json").read_text()) for each in ("runs/tiny/1/test/1", found.folder)
    )
    assert (now["mIoU"], now["classes"]) == (before["mIoU"], before["classes"])
    with pytest.raises(ConfigError, match="--values and --others are not for multilabel data"):
        _evaluate(predicted, *labels, split="test", others="circle")


def test_scores_at_another_size_than_those_of_a_training_say_so(tiny: Path, capsys: Capture) -> None:
    resized = ("--data.val_transforms", "[{class_path: Resize, height: 16, width: 16}]")
    found = _evaluate(write_noisy_masks(Path("out")), *resized)
    assert "compare will refuse both together" in capsys.readouterr().err
    assert "of their masks' files" in StoredRun.load(found.folder).passport["metrics"]["counts"]
    _evaluate(Path("out"), "--data.val_transforms", "[HorizontalFlip]")
    assert "warning" not in capsys.readouterr().err


def _data(text: str) -> None:
    """Write an experiment on data of the classes a and b, in place of that of shapes."""
    model = Path("tiny.yaml").read_text().partition("model:")[2]
    Path("tiny.yaml").write_text(f"data: {{{text}, classes: [a, b], batch_size: 2}}\nmodel:{model}")


def _write_folders(val: tuple[str, ...] = ("c", "d")) -> None:
    for split, names in (("train", ("a", "b")), ("val", val)):
        write_pairs(Path("data", split, "images"), Path("data", split, "labels"), list(names), (0, 1))
    _data("class_path: FolderDataModule, root: data")


@pytest.mark.parametrize("sizes", [[(40, 48), (80, 96)], [(80, 96), (40, 48)], [(40, 48), (40, 48)]])
def test_a_change_of_size_of_any_image_is_told(sizes: list[tuple[int, int]], tiny: Path, capsys: Capture) -> None:
    _write_folders()
    for name, size in zip("cd", sizes, strict=True):
        write_image(Path(f"data/val/images/{name}.png"), *size)
        write_mask(Path(f"data/val/labels/{name}.png"), (0, 1), *size)
    found = _evaluate(Path("data/val/labels"), "--data.val_transforms", "[{class_path: Resize, height: 40, width: 48}]")
    changes = (80, 96) in sizes
    assert ("compare will refuse both together" in capsys.readouterr().err) is changes
    counts = StoredRun.load(found.folder).passport["metrics"]["counts"]
    assert ("of their masks' files" in counts) is changes


def test_rows_of_several_tables_have_predictions_called_as_the_data_set_calls_them(tiny: Path) -> None:
    write_parquet(Path("data/data/train-00000-of-00001.parquet"), rows(2, 20))
    Path("out").mkdir()
    for shard in range(2):
        write_parquet(Path(f"data/data/validation-{shard:05d}-of-00002.parquet"), rows(4, 4 * shard))
    for number in range(8):
        Path(f"out/{number:06d}.png").write_bytes(png(number, mask=True))
    _data("class_path: PatternDataModule, root: data, listing: HuggingFace")
    found = _evaluate(Path("out"))
    assert (found.images, found.scores.mean_iou) == (8, 1)


@pytest.mark.parametrize("val", [("c", "d"), ("a", "b")])
def test_images_of_another_split_are_no_predictions(val: tuple[str, ...], tiny: Path) -> None:
    _write_folders(val)
    for name in val:
        Path(f"data/val/labels/{name}.png").rename(f"data/val/labels/{name}.tif")
        write_image(Path(f"data/train/images/{name}.png"))
        write_mask(Path(f"data/train/labels/{name}.png"), (0, 1))
    with pytest.raises(ConfigError) as caught:
        _evaluate(Path("data/train/images"))
    told = caught.value.problems[0].message
    assert "2 of 2 images of val have no prediction" in told
    assert "name that folder" not in told


_READER = """
from pathlib import Path
import numpy as np
from segcli.datasets.mask_reader import MaskReader

class NumPyMasks(MaskReader):
    def __call__(self, path: Path, data: bytes | None = None):
        return np.load(path).astype(np.int32) - 10
"""


def test_predictions_like_masks_that_an_own_reader_reads_are_found(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own_masks.py").write_text(_READER)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    for folder in ("data/masks", "out"):
        Path(folder).mkdir(parents=True)
        for name in "abcdefgh":
            np.save(f"{folder}/{name}.npy", np.arange(320).reshape(16, 20) % 2 + 10)
            write_image(Path(f"data/images/{name}.png"))
    keys = "image: 'images/{name}.png', mask: 'masks/{name}.npy', reader: own_masks.NumPyMasks, val_fraction: 0.5"
    _data(f"class_path: PatternDataModule, root: data, {keys}")
    assert _evaluate(Path("out"), values="masks").scores.mean_iou == 1


_METRIC = """
from segcli.metrics.boundary_iou import BoundaryIoU

class Sometimes(BoundaryIoU):
    name = "sometimes"
    class_name = "sometimes_of"

    def update(self, batch):
        if batch.paths == ["val_00003"]:
            batch.probabilities()
        super().update(batch)
"""


def test_a_metric_that_asks_for_probabilities_late_is_a_mistake_with_its_key(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("own_metric.py").write_text(_METRIC)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    with pytest.raises(ConfigError, match="sometimes asks for probabilities of val_00003") as caught:
        _evaluate(write_noisy_masks(Path("out")), "--model.metrics", "[own_metric.Sometimes, BoundaryIoU]")
    assert caught.value.problems[0].key == "model.metrics"
    assert not Path("runs").exists()
    assert not _evaluate(Path("out"), "--model.metrics", "[BoundaryIoU]").left_out
