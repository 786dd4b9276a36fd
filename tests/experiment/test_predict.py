import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main
from segcli.export.export_checkpoint import Exported
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.predictor import Images
from tests.export.conftest import exported, segmenter
from tests.predict.conftest import images, predictor

__all__ = ["exported", "images", "predictor", "segmenter"]


@pytest.fixture
def in_run(exported: Exported, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An exported file where a run has it, and two images."""
    monkeypatch.chdir(tmp_path)
    file = Path("runs/cells/1/export/1/model.onnx")
    file.parent.mkdir(parents=True)
    file.write_bytes(exported.path.read_bytes())
    Path("runs/cells/1/config.yaml").write_text("model: {}\n")
    for number, image in enumerate(images):
        Image.fromarray(image).save(f"{number}.png")
    return str(file)


def test_an_exported_file_predicts_as_its_model(in_run: str, predictor: CheckpointPredictor, images: Images) -> None:
    assert main(["predict", "--ckpt_path", in_run, "?.png", "--save", "labels,confidence"]) == 0
    expected = predictor.labels(images)
    for number in range(2):
        found = np.array(Image.open(f"runs/cells/1/predictions/1/{number}.png"))
        assert (found == expected[number]).mean() > 0.999
        assert Path(f"runs/cells/1/predictions/1/confidence/{number}.png").is_file()


def test_an_exported_file_elsewhere_needs_a_place(in_run: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(in_run).rename("model.onnx")
    assert main(["predict", "--ckpt_path", "model.onnx", "0.png"]) == 2
    assert "model.onnx lies in no folder of a run; give --output FOLDER" in capsys.readouterr().err
    assert main(["predict", "--ckpt_path", "model.onnx", "0.png", "--output", "maps"]) == 0


def test_an_exported_file_takes_no_experiment(in_run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--ckpt_path", in_run, "0.png", "--inference.tile", "64"]) == 2
    assert "an exported file holds its experiment" in capsys.readouterr().err
    assert main(["predict", "--ckpt_path", in_run, "0.png", "--tile", "64", "--output", "maps"]) == 0
    how = json.loads(Path("maps/manifest.jsonl").read_text().splitlines()[0])
    assert how["inference"] == {"tile": 64}


def test_flips_of_the_training_are_not_known_of_a_file(in_run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--ckpt_path", in_run, "0.png", "--tta", "flips"]) == 2
    assert "inference.tta got flips" in capsys.readouterr().err


def test_validation_that_transforms_images_is_not_passed_over(
    in_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (40, 40)).save("a.png")
    words = ["predict", "--ckpt_path", str(in_trained), "a.png", "--data.val_transforms"]
    assert main([*words, "[{class_path: Resize, height: 32, width: 32}]"]) == 2
    assert "validation transforms images (Resize), which predict INPUT does not" in capsys.readouterr().err
