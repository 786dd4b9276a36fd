import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bright discs on a dark ground, of different sizes, masks 0 and 255, in the folders image and label."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for folder in ("cells/image", "cells/label", "new_images/site"):
        (tmp_path / folder).mkdir(parents=True)
    for number in range(8):
        height, width = 40 + 3 * number, 64 - 2 * number
        y, x = np.mgrid[:height, :width]
        disc = (y - 20) ** 2 + (x - 22) ** 2 < 120
        image = rng.integers(0, 60, (height, width, 3), dtype=np.uint8) + 150 * disc[..., None].astype(np.uint8)
        Image.fromarray(image).save(tmp_path / f"cells/image/{number}.png")
        Image.fromarray(image).save(tmp_path / f"new_images/{number}.jpg")
        Image.fromarray((disc * 255).astype(np.uint8)).save(tmp_path / f"cells/label/{number}.png")
    Image.fromarray(image).save(tmp_path / "new_images/site/0.jpg")
    (tmp_path / "my_cells.yaml").write_text(
        "extends: segcli:own_folder\n"
        "data: {root: cells, image_dir: image, mask_dir: label, mask_values: {0: membrane, 255: cell}}\n"
        "model: {decoder: UNet}\n"
    )
    return tmp_path / "my_cells.yaml"


SMALL = [
    "--model.backbone.pretrained=false",
    "--model.backbone.name=test_resnet.r160_in1k",
    "--vars.crop=32",
    "--trainer.max_epochs=1",
    "--data.batch_size=2",
    "--model.schedule.warmup_steps=1",
]


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_own_folder_from_training_to_prediction(cells: Path, capsys: pytest.CaptureFixture[str], task: str) -> None:
    assert main(["fit", "-c", str(cells), f"--model.task={task}", *SMALL]) == 0
    assert "your own images" not in capsys.readouterr().out
    words = ["predict", "--ckpt_path", "runs/my_cells/1/checkpoints/best.ckpt", "--data.root", "new_images"]
    assert main(words) == 0
    folder = Path("runs/my_cells/1/predictions/1")
    assert sorted(path.name for path in folder.glob("*.png")) == [f"{n}.png" for n in range(8)]
    assert (folder / "site" / "0.png").is_file()
    assert (folder / "overlays" / "site" / "0.png").is_file()
    for number in range(8):
        with Image.open(folder / f"{number}.png") as labels, Image.open(f"new_images/{number}.jpg") as image:
            assert labels.mode == "P"
            assert labels.size == image.size
            assert set(np.unique(np.asarray(labels))) <= {0, 1}
        with (
            Image.open(folder / "overlays" / f"{number}.png") as overlay,
            Image.open(f"new_images/{number}.jpg") as image,
        ):
            assert overlay.size == image.size


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: (root / "label/3.png").unlink(), "3"),
        (lambda root: (root / "image/3.png").unlink(), "3"),
        (lambda root: Image.new("L", (9, 9)).save(root / "label/3.png"), "3.png"),
        (lambda root: Image.new("L", (58, 49), 7).save(root / "label/3.png"), "7"),
        (lambda root: (root / "image/3.png").write_bytes(b"\x89PNG\r\n broken"), "3.png"),
    ],
    ids=["mask missing", "image missing", "size", "label", "unreadable"],
)
def test_bad_files_are_named_in_one_error(
    cells: Path, capsys: pytest.CaptureFixture[str], spoil: object, message: str
) -> None:
    assert callable(spoil)
    spoil(cells.parent / "cells")
    assert main(["fit", "-c", str(cells), *SMALL]) == 2
    err = capsys.readouterr().err
    errors = err[err.index("error: ") :]
    assert message in errors
    assert "cells" in errors
    assert len(errors.splitlines()) <= 4
    assert "Traceback" not in err


def test_an_error_in_a_loader_process_is_as_short(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (58, 49), 7).save(cells.parent / "cells/label/3.png")
    assert main(["fit", "-c", str(cells), *SMALL, "--data.num_workers=1"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "3.png" in err


def test_predicting_an_empty_folder_is_an_error(
    in_trained: Path, cells: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cells.parent / "empty").mkdir()
    assert main(["fit", "-c", str(cells), *SMALL]) == 0
    words = ["predict", "--ckpt_path", "runs/my_cells/1/checkpoints/best.ckpt", "--data.root", "empty"]
    assert main(words) == 2
    assert "empty" in capsys.readouterr().err
    assert not Path("runs/my_cells/1/predictions/1").exists()


def test_what_was_predicted_before_an_error_is_kept(in_trained: Path, tmp_path: Path) -> None:
    for number in range(3):
        Image.new("RGB", (32, 32 + number)).save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:-30])
    own = ["--data.class_path=FolderDataModule", f"--data.root={tmp_path}", "--data.classes=[a,b,c,d]"]
    assert main(["predict", "--ckpt_path", str(in_trained), *own]) == 2
    assert {path.name for path in Path("runs/tiny/1/predictions/1").glob("*.png")} == {"0.png", "1.png"}


@pytest.fixture
def image_files(in_trained: Path) -> Path:
    """The best checkpoint of a run, images of several sizes in the folder images."""
    rng = np.random.default_rng(0)
    Path("images/deep").mkdir(parents=True)
    for number in range(4):
        pixels = rng.integers(0, 256, (40 + 7 * number, 50, 3), np.uint8)
        Image.fromarray(pixels).save(f"images/{number}.png")
    Image.fromarray(pixels).save("images/deep/4.png")
    return in_trained


def _labels(folder: Path) -> dict[str, np.ndarray]:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*.png")}
    return {name: np.array(Image.open(path)) for name, path in found.items()}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_inputs_are_predicted_as_the_folder_of_the_data_is(
    cells: Path, capsys: pytest.CaptureFixture[str], precision: str
) -> None:
    assert main(["fit", "-c", str(cells), *SMALL, f"--trainer.precision={precision}"]) == 0
    words = ["predict", "--ckpt_path", "runs/my_cells/1/checkpoints/best.ckpt"]
    assert main([*words, "--data.root", "new_images"]) == 0
    assert main([*words, "new_images", "--recursive"]) == 0
    ours, theirs = (_labels(Path(f"runs/my_cells/1/predictions/{number}")) for number in (1, 2))
    assert ours.keys() == theirs.keys()
    assert all((ours[name] == theirs[name]).all() for name in ours)


def test_nothing_is_written_over(image_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", "--ckpt_path", str(image_files), "images", "--output", "maps", "--save", "labels"]
    assert main(words) == 0
    before = _labels(Path("maps"))
    assert set(before) == {f"{number}.png" for number in range(4)}
    capsys.readouterr()
    assert main(words) == 2
    assert "maps holds files already; --resume goes on" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert "4 were there" in capsys.readouterr().out
    assert main([*words, "--resume", "--tile", "64"]) == 2
    assert 'was predicted otherwise: inference was {}, is {"tile": 64}' in capsys.readouterr().err


def test_damaged_images_are_named(image_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("images/2.png").write_bytes(Path("images/2.png").read_bytes()[:100])
    assert main(["predict", "--ckpt_path", str(image_files), "images", "--output", "maps"]) == 3
    told = capsys.readouterr()
    assert "skipped: images/2.png cannot be read" in told.err
    assert "3 images predicted" in told.out
    assert main(["predict", "--ckpt_path", str(image_files), "images/2.png"]) == 2
    assert "images/2.png cannot be read" in capsys.readouterr().err
    assert main(["predict", "--ckpt_path", str(image_files), "images", "--on_error", "stop"]) == 2


def test_several_checkpoints_and_settings_go_together(image_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = image_files.with_name("last.ckpt")
    words = ["predict", "--ckpt_path", str(image_files), "--ckpt_path", str(last), "images/3.png"]
    options = ["--tile", "64", "--overlap", "16", "--tta", "flips,scales", "--save", "labels,confidence,probabilities"]
    assert main([*words, *options, "--output", "maps", "--inference.min_area_px", "4"]) == 0
    how, _ = (json.loads(line) for line in Path("maps/manifest.jsonl").read_text().splitlines())
    assert [model["file"] for model in how["models"]] == ["best.ckpt", "last.ckpt"]
    expected = {"tile": 64, "overlap": 16, "tta": ["flips", "scales"], "min_area_px": 4}
    assert how["inference"] == expected


def test_large_images_are_cut_and_that_is_told(
    image_files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcli.inference.inference_settings.LARGEST_WHOLE", 2500)
    monkeypatch.setattr("segcli.inference.inference_settings.AUTO_TILE", 48)
    words = ["predict", "--ckpt_path", str(image_files), "images"]
    assert main(words) == 0
    assert "2 images have more than 4 million pixels and went through in tiles" in capsys.readouterr().err
    for option in ("none", "auto"):
        assert main([*words, "--tile", option]) == 0
        assert "went through in tiles" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["images"], "predict needs a checkpoint: --ckpt_path"),
        (["--ckpt_path", "BEST", "image"], r"no file image \(did you mean 'images'\?\)"),
        (["--ckpt_path", "BEST", "images", "--save", "label"], r"--save got 'label' \(did you mean 'labels'\?\)"),
        (["--ckpt_path", "BEST", "images", "--tta", "hflop"], r"--tta got 'hflop' \(did you mean 'hflip'\?\)"),
        (["--ckpt_path", "BEST", "images", "--tile", "big"], "--tile got 'big', expected a whole number from 1 up"),
        (["--ckpt_path", "BEST", "images", "--tile", "20"], "inference.tile got 20, expected at least 64 pixels"),
        (["--ckpt_path", "BEST", "images", "--tta", "vflip,none"], "--tta got 'none'"),
        (["--ckpt_path", "BEST", "images", "--resume"], "--resume goes on in a folder: --output FOLDER"),
        (["--ckpt_path", "BEST", "images", "--output", "tiny.yaml"], "tiny.yaml is a file; --output takes a folder"),
        (["--ckpt_path", "BEST", "BEST"], "best.ckpt; a checkpoint follows --ckpt_path"),
        (["--ckpt_path", "BEST", "--save", "labels"], "--save is of predict INPUT; name images"),
        (["--ckpt_path", "BEST", "--ckpt_path", "BEST"], "several checkpoints are averaged by predict INPUT"),
        (["--ckpt_path", "none.ckpt", "images"], "no checkpoint none.ckpt"),
        (["--ckpt_path", "none.onnx", "images"], "no checkpoint none.onnx"),
        (["--ckpt_path", "BEST", "images", "--device", "cuda:7"], "cuda:7"),
        (["--ckpt_path", "BEST", "images", "--inference.threshold", "0.3"], "inference.threshold is for model.task"),
    ],
)
def test_mistakes_are_told(
    image_files: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["predict", *(str(image_files) if word == "BEST" else word for word in words)]) == 2
    told = capsys.readouterr()
    assert re.search(message, told.err)
    assert "Traceback" not in told.err


def test_the_experiment_says_what_is_saved(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(cells), *SMALL, "--predict.save", "[labels]"]) == 0
    words = ["predict", "--ckpt_path", "runs/my_cells/1/checkpoints/best.ckpt"]
    assert main([*words, "--data.root", "new_images"]) == 0
    assert main([*words, "new_images"]) == 0
    assert main([*words, "new_images", "--save", "overlays"]) == 0
    folders = [Path(f"runs/my_cells/1/predictions/{number}") for number in (1, 2, 3)]
    assert [(folder / "overlays").is_dir() for folder in folders] == [False, False, True]
    assert [(folder / "0.png").is_file() for folder in folders] == [True, True, False]
    capsys.readouterr()
    assert main([*words, "--data.root", "new_images", "--predict.save", "[coco]"]) == 2
    assert "coco is saved of images that are named: predict INPUT" in capsys.readouterr().err
