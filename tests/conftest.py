import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main

TINY = """
data:
  class_path: ShapesDataModule
  train_size: 24
  val_size: 6
  test_size: 4
  image_size: 32
  batch_size: 8
  train_transforms: [HorizontalFlip]
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  decoder: {class_path: FPN, pyramid_channels: 32, segmentation_channels: 64}
  schedule: {warmup_steps: 2}
trainer: {max_epochs: 2, log_every_n_steps: 2}
pictures: {count: 2}
"""


@pytest.fixture(autouse=True, scope="session")
def _two_threads() -> None:
    torch.set_num_threads(2)


@contextmanager
def working_directory(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment that trains in a second, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path / "tiny.yaml"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folder of that experiment, trained once for all tests; do not change it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny.yaml").write_text(TINY)
    with working_directory(folder):
        assert main(["fit", "-c", "tiny.yaml"]) == 0
    return folder / "runs" / "tiny" / "1"


@pytest.fixture
def in_trained(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of the best checkpoint, relative to the working directory."""
    monkeypatch.chdir(trained.parent.parent.parent)
    return Path("runs/tiny/1/checkpoints/best.ckpt")
