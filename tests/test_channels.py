"""Images of several files, any number of channels and 16 bits, from `check` to the prediction of a file."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segcli.cli.main import main
from segcli.datasets.channel_ranges import channel_ranges
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.record import Record
from segcli.segmenter import Segmenter

Capture = pytest.CaptureFixture[str]
BANDS = 5
EXPERIMENT = """
extends: [segcli:own_folder, segcli:augment_geometry]
data:
  root: fields
  image: "{split}/{name}_B{channel}.tif"
  mask: "{split}/{name}_mask.png"
  mask_values: {0: ground, 255: field}
  image_mode: native
  display_channels: [4, 3, 2]
  batch_size: 2
vars: {crop: 32}
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false, in_channels: 5}
  decoder: FPN
  schedule: {warmup_steps: 1}
  value_range: percentiles
trainer: {max_epochs: 1}
"""


@pytest.fixture
def fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six images of five bands of 16 bits, in a file each."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for number in range(6):
        folder = tmp_path / "fields" / ("train" if number < 4 else "val")
        folder.mkdir(parents=True, exist_ok=True)
        mask = np.zeros((32, 40), np.uint8)
        mask[8:24, 10 + number : 30] = 255
        Image.fromarray(mask).save(folder / f"{number}_mask.png")
        for band in range(1, BANDS + 1):
            values = rng.normal(1000 * band, 50, mask.shape) + mask * band
            tifffile.imwrite(folder / f"{number}_B{band}.tif", values.astype(np.uint16))
    (tmp_path / "my.yaml").write_text(EXPERIMENT)
    return tmp_path / "fields"


def test_from_training_to_the_prediction_of_files(fields: Path, capsys: Capture) -> None:
    assert main(["check", "my.yaml", "--build"]) == 0
    assert "at 2x5x32x32" in capsys.readouterr().out
    assert main(["fit", "-c", "my.yaml"]) == 0
    run = Path("runs/my/1")
    with Image.open(run / "predictions" / "epoch_001.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 10
    model = Segmenter.from_checkpoint(run / "checkpoints" / "best.ckpt")
    records = [Record(str(n), *files_of(fields / "train", n)) for n in range(4)]
    ranges = channel_ranges(ImageDataset(records, image_mode="native"))
    assert [low for low, _ in ranges] == pytest.approx([1000 * band for band in range(1, BANDS + 1)], abs=200)
    std = model.backbone.std
    expected = [1 / ((high - low) * each) for (low, high), each in zip(ranges, std, strict=True)]
    np.testing.assert_allclose(model.scale.flatten(), expected, rtol=1e-6)

    assert main(["predict", "--ckpt_path", str(run / "checkpoints" / "best.ckpt")]) == 0
    for number in (4, 5):
        first, _, _, _, more = files_of(fields / "val", number)
        with Image.open(run / "predictions" / "1" / "val" / f"{number}_B1.png") as labels:
            np.testing.assert_array_equal(model.predict([first, *more]), np.asarray(labels))


def test_a_model_is_not_given_images_of_another_type(fields: Path, capsys: Capture) -> None:
    assert main(["fit", "-c", "my.yaml"]) == 0
    best = "runs/my/1/checkpoints/best.ckpt"
    model = Segmenter.from_checkpoint(best)
    with pytest.raises(ValueError, match="an image has type uint8, the model was trained on uint16"):
        model.predict(np.zeros((32, 40, BANDS), np.uint8))
    for file in (fields / "val").glob("*.tif"):
        tifffile.imwrite(file, np.zeros((32, 40), np.uint8))
    assert main(["validate", "--ckpt_path", best]) == 2
    assert "images are of type uint8, and the model was trained on uint16" in capsys.readouterr().err
    assert main(["data", "check", "-c", "my.yaml"]) == 1
    assert "has 5 channels of uint8, and the first image of the data 5 channels of uint16" in capsys.readouterr().out


def files_of(folder: Path, number: int) -> tuple[Path, tuple[()], None, None, tuple[Path, ...]]:
    """Return what follows the name in a record."""
    first, *more = (folder / f"{number}_B{band}.tif" for band in range(1, BANDS + 1))
    return first, (), None, None, tuple(more)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model.backbone.in_channels", "3"], "set model.backbone.in_channels to 5"),
        (["--model.value_range", "[0, 255]"], "model.value_range [0.0, 255.0] is of 8 bits; set it to percentiles"),
        (["--data.display_channels", "[1, 2, 6]"], "got [1, 2, 6], expected one channel, or those for"),
        (["--data.image_mode", "RGB"], "data.image_mode: got RGB where data.image has several files"),
        (["--data.image_mode", "RGB", "--data.image", "{split}/{name}_B1.tif"], "Set data.image_mode to native"),
        (["--data.train_transforms+", "ColorJitter"], "ColorJitter cannot take images of 5 channels"),
    ],
)
def test_what_does_not_go_together_is_told_before_the_training(
    fields: Path, capsys: Capture, words: list[str], message: str
) -> None:
    assert main(["fit", "-c", "my.yaml", *words]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert "epoch 1" not in told.out


def test_check_knows_transforms_that_cannot_take_the_channels(fields: Path, capsys: Capture) -> None:
    Path("my.yaml").write_text(EXPERIMENT.replace(", segcli:augment_geometry", ""))
    assert main(["check", "my.yaml"]) == 2
    assert "ColorJitter cannot take images of 5 channels" in capsys.readouterr().out


def test_images_at_fault_are_named_before_the_training(fields: Path, capsys: Capture) -> None:
    floats = np.full((32, 40), np.nan, np.float32)
    tifffile.imwrite(fields / "train" / "1_B3.tif", floats)
    tifffile.imwrite(fields / "train" / "2_B3.tif", np.zeros((9, 9), np.uint16))
    (fields / "val" / "4_B2.tif").write_bytes((fields / "val" / "4_B2.tif").read_bytes()[:99])
    assert main(["fit", "-c", "my.yaml"]) == 2
    told = capsys.readouterr().err
    for name in ("1_B3.tif", "2_B3.tif", "4_B2.tif"):
        assert name in told
