"""Scores of n devices are those of one, whatever the number of images and their sizes."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.datamodules.data import write_image, write_mask
from tests.distributed.launch import lightning, on
from tests.forked import fork, forked_ranks

SIZES = [(32, 40), (48, 40), (32, 40), (66, 34), (32, 40)]
SEVERAL = pytest.mark.parametrize(
    "devices", [3, pytest.param(2, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
CHECKPOINT = Path("runs", "tiny", "1", "checkpoints", "best.ckpt")


@pytest.fixture(scope="session")
def one(trained_on_two: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that one device has measured and applied; do not change it."""
    folder = tmp_path_factory.mktemp("one")
    shutil.copytree(trained_on_two, folder, dirs_exist_ok=True)
    draw(folder / "new")
    assert fork(["validate", "--ckpt_path", str(CHECKPOINT), *on(1)], folder).returncode == 0
    return folder


def draw(folder: Path) -> None:
    for number, size in enumerate(SIZES):
        write_image(folder / f"{number}.png", *size)


def measured(folder: Path, verb: str = "validate") -> dict[str, str]:
    run = folder / CHECKPOINT.parent.parent / verb / "1"
    with (run / "metrics.csv").open() as file:
        return {key: value for key, value in next(csv.DictReader(file)).items() if key not in ("epoch", "step")}


def scores(run: Path) -> object:
    return json.loads((run / "val_scores.json").read_text())["classes"]


@SEVERAL
def test_validation_is_that_of_one_device(one: Path, tmp_path: Path, devices: int) -> None:
    shutil.copytree(one / "runs" / "tiny" / "1" / "checkpoints", tmp_path / CHECKPOINT.parent)
    shutil.copy(one / "runs" / "tiny" / "1" / "config.yaml", tmp_path / "runs" / "tiny" / "1")
    shutil.copy(one / "recorder.py", tmp_path)  # a callback of the experiment
    ranks = forked_ranks(["validate", "--ckpt_path", str(CHECKPOINT), *on(devices)], tmp_path, devices)
    assert [rank.returncode for rank in ranks] == [0] * devices, [rank.stderr for rank in ranks]
    expected, found = measured(one), measured(tmp_path)
    assert float(found.pop("val/loss")) == pytest.approx(float(expected.pop("val/loss")), rel=1e-6)
    assert found == expected
    run = Path("runs", "tiny", "1", "validate", "1")
    assert scores(tmp_path / run) == scores(one / run)


def test_validation_while_training_is_that_of_one_device_afterwards(trained_on_two: Path, one: Path) -> None:
    run = Path("runs", "tiny", "1")
    assert scores(trained_on_two / run) == scores(one / run / "validate" / "1")


@pytest.mark.slow
def test_sizes_that_differ_and_devices_without_images_change_no_score(tmp_path: Path) -> None:
    for number, size in enumerate(SIZES):
        write_image(tmp_path / "own" / "image" / f"{number}.png", *size)
        write_mask(tmp_path / "own" / "label" / f"{number}.png", (0, 1, 2, 255)[number % 2 :], *size)
    tiny = (
        "data: {class_path: FolderDataModule, root: own, image_dir: image, mask_dir: label, classes: [a, b, c],\n"
        "  ignore_values: [255], val_fraction: 0.6, batch_size: 1, val_batch_size: 2}\n"
        "model: {backbone: {name: test_resnet.r160_in1k, pretrained: false}, decoder: FPN}\n"
        "trainer: {max_epochs: 1}\n"
    )
    (tmp_path / "tiny.yaml").write_text(tiny)
    done = lightning(["fit", "-c", "tiny.yaml", *on(1)], tmp_path)
    assert done.returncode == 0, done.stderr
    for devices in (1, 2, 4):
        done = lightning(["validate", "--ckpt_path", str(CHECKPOINT), *on(devices)], tmp_path)
        assert done.returncode == 0, done.stderr
    runs = [tmp_path / "runs" / "tiny" / "1" / "validate" / number for number in ("1", "2", "3")]
    assert scores(runs[0]) == scores(runs[1]) == scores(runs[2])


@pytest.mark.slow
def test_every_image_is_predicted_once_into_one_folder(one: Path) -> None:
    words = ["predict", "--ckpt_path", str(CHECKPOINT), "--data.class_path", "FolderDataModule", "--data.root", "new"]
    words += ["--data.classes", "[background, circle, square, triangle]"]
    alone, shared = lightning([*words, *on(1)], one), lightning([*words, *on(3)], one)
    assert (alone.returncode, shared.returncode) == (0, 0), alone.stderr + shared.stderr
    assert shared.stdout.count("predictions in") == 1
    first, second = (one / "runs" / "tiny" / "1" / "predictions" / number for number in ("1", "2"))
    files = sorted(path.relative_to(first) for path in first.rglob("*.png"))
    assert len(files) == 2 * len(SIZES)
    assert sorted(path.relative_to(second) for path in second.rglob("*.png")) == files
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)
