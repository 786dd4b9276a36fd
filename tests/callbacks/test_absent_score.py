import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main

ABSENT = ["--checkpoint.monitor", "val/IoU/rare"]
DATA = "data: {class_path: FolderDataModule, root: d, classes: [background, square, rare], batch_size: 4}"


@pytest.fixture
def rare(tiny: Path) -> Path:
    """An experiment with a class that no image holds."""
    for kind in ("images", "labels"):
        Path("d", kind).mkdir(parents=True)
    for index in range(12):
        mask = np.zeros((32, 32), np.uint8)
        mask[index : index + 12, 8:20] = 1
        Image.fromarray(mask).save(f"d/labels/{index}.png")
        Image.fromarray(np.stack([mask * 200] * 3, axis=2)).save(f"d/images/{index}.png")
    text = tiny.read_text()
    tiny.write_text(DATA + "\n" + text[text.index("model:") :])
    return tiny


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--trainer.callbacks+", "{class_path: EarlyStopping, monitor: val/IoU/rare, patience: 0}"],
        ["--trainer.callbacks+", "{class_path: ModelCheckpoint, monitor: val/IoU/rare, save_top_k: 2}"],
        ["--model.schedule", "{class_path: Plateau, monitor: val/IoU/rare, patience: 0}"],
        ["--checkpoint.save_top_k", "2"],
    ],
    ids=["checkpoint", "EarlyStopping", "ModelCheckpoint", "Plateau", "two"],
)
def test_a_class_that_is_absent_does_not_end_a_run(
    rare: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "-c", str(rare), *ABSENT, "--trainer.max_epochs", "3", *words]) == 0

    assert "warning: val/IoU/rare had no value in any validation, so epoch " in capsys.readouterr().err
    run = Path("runs/tiny/1")
    assert len((run / "timing.csv").read_text().splitlines()) == 1 + 3
    assert (run / "checkpoints" / json.loads((run / "val_scores.json").read_text())["checkpoint"]).is_file()
    assert "val/IoU/square" in (run / "metrics.csv").read_text()
