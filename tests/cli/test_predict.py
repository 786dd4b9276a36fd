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
