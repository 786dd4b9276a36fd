"""Every error about the size or depth of an image or mask names the file, and the line of the key that is at fault."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]
EXPERIMENT = """
data:
  class_path: FolderDataModule
  root: d
  classes: [a, b]
  val_fraction: 0.25
  batch_size: 2
  train_transforms: {transforms}
model:
  backbone: {{name: test_resnet.r160_in1k, pretrained: false}}
  decoder: {{class_path: FPN, pyramid_channels: 8, segmentation_channels: 32}}
trainer: {{max_steps: 1, accelerator: cpu}}
"""
CROP = "[{{class_path: RandomCrop, height: 64, width: 64{}}}]"
SIZE = (32, 32)


def _write(sizes: dict[str, tuple[int, int]] | None = None, mask: tuple[int, int] = SIZE) -> None:
    """Write four images with masks; some of another size."""
    for name in "pqrs":
        size = (sizes or {}).get(name, SIZE)
        for folder, array in (("images", np.zeros((*size, 3), np.uint8)), ("labels", np.zeros(size, np.uint8))):
            Path("d", folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(f"d/{folder}/{name}.png")
    if mask != SIZE:
        Image.fromarray(np.zeros(mask, np.uint8)).save("d/labels/q.png")


def _float_image() -> None:
    _write()
    for name in "pqrs":
        Path(f"d/images/{name}.png").unlink()
        Image.fromarray(np.ones(SIZE, np.float32)).save(f"d/images/{name}.tif")


def _without_pixels() -> None:
    _write()
    Path("d/images/q.png").unlink()
    Image.new("RGB", (1, 1)).save("d/images/q.bmp")
    data = bytearray(Path("d/images/q.bmp").read_bytes())
    data[18:22] = bytes(4)  # its width
    Path("d/images/q.bmp").write_bytes(data)


@pytest.mark.parametrize(
    ("make", "transforms", "told", "line"),
    [
        (_write, CROP.format(""), r"d/images/.\.png \(32 x 32 px\): data.train_transforms.0: RandomCrop failed", 8),
        (lambda: _write({"p": (40, 32)}), "null", r"d/images/.\.png \(.*\) and d/images/.\.png \(.*32 px\)", 8),
        (
            lambda: _write(mask=(32, 30)),
            "null",
            r"d/images/q\.png is 32 x 32 px, its mask d/labels/q\.png is 32 x 30",
            0,
        ),
        (_float_image, "null", r"d/images/.\.tif holds floating point numbers of 32 bits per channel \(mode F\)", 0),
        (_without_pixels, "null", r"d/images/q\.bmp (has no pixels|cannot be read)", 0),
        (
            lambda: _write(dict.fromkeys("pqrs", (1, 1))),
            "null",
            r"one value per channel.*\n  in a batch of d/images/",
            8,
        ),
    ],
)
def test_a_size_that_does_not_fit_is_told_with_its_file(
    make: Callable[[], None],
    transforms: str,
    told: str,
    line: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    make()
    Path("x.yaml").write_text(EXPERIMENT.format(transforms=transforms), encoding="utf-8")
    overrides = ["--data.batch_size=1"] if "one value" in told else []
    assert main(["fit", "-c", "x.yaml", *overrides]) == 2
    error = capsys.readouterr().err
    assert re.search(told, error), error
    assert error.count("error: ") == 1
    assert (f"--> x.yaml:{line}\n" in error) if line else ("-->" not in error)


def test_what_the_error_of_a_crop_advises_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write()
    Path("x.yaml").write_text(EXPERIMENT.format(transforms=CROP.format(", pad_if_needed: true")), encoding="utf-8")
    assert main(["fit", "-c", "x.yaml"]) == 0
