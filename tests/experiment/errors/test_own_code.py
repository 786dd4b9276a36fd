from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.errors.own_code import from_own_code

Capture = pytest.CaptureFixture[str]
OWN = """
import albumentations as A
import torch
from pytorch_lightning import Callback

from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.decoders.fpn import FPN
from segcli.losses.dice_loss import DiceLoss
from segcli.metrics.base import Metric
from segcli.optim.adamw import AdamW

TABLE = {}


class OwnMetric(Metric):
    name = "own"
    higher_is_better = True

    def update(self, batch):
        TABLE["metric"]

    def compute(self):
        return torch.tensor(0.0)

    def reset(self):
        pass


class OwnLoss(DiceLoss):
    def forward(self, logits, mask):
        return TABLE["loss"]


class OwnDecoder(FPN):
    def forward(self, features):
        return super().forward([TABLE["decoder"] for _ in features])


class OwnCallback(Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        torch.zeros(2) + torch.zeros(3)  # callback


class OwnData(ShapesDataModule):
    def setup(self, stage):
        super().setup(TABLE["data"])


class OwnTransform(A.HorizontalFlip):
    def apply(self, img, **params):
        return TABLE["transform"]


class Unbuilt(Callback):
    def __init__(self):
        TABLE["unbuilt"]


class Size(Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        raise ValueError("  two\\n\\nlines ")  # size
"""
COMPONENTS = {
    "metric": ("OwnMetric.update", "--model.metrics=[{class_path: own_parts.OwnMetric}]", "model.metrics.0"),
    "loss": ("OwnLoss.forward", "--model.loss=own_parts.OwnLoss", "model.loss"),
    "decoder": ("OwnDecoder.forward", "--model.decoder.class_path=own_parts.OwnDecoder", "model.decoder"),
    "callback": (
        "OwnCallback.on_train_batch_end",
        "--trainer.callbacks=[own_parts.OwnCallback]",
        "trainer.callbacks.0",
    ),
    "data": ("OwnData.setup", "--data.class_path=own_parts.OwnData", "data"),
    "unbuilt": ("Unbuilt.__init__", "--trainer.callbacks=[own_parts.Unbuilt]", "trainer.callbacks.0"),
    "size": ("Size.on_train_batch_end", "--trainer.callbacks=[own_parts.Size]", "trainer.callbacks.0"),
}
TRANSFORM = "--data.train_transforms=[{class_path: own_parts.OwnTransform, p: 1}]"


@pytest.fixture
def own(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (tiny.parent / "own_parts.py").write_text(OWN)
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(__import__("sys").modules, "own_parts", raising=False)
    return ["fit", "-c", "tiny.yaml", "--trainer.max_epochs=1", "--data.train_size=8"]


def _line(mark: str) -> int:
    """Return the line that raises what is about something."""
    return next(n for n, line in enumerate(OWN.splitlines(), 1) if line.endswith(f"# {mark}") or f'["{mark}"' in line)


@pytest.mark.parametrize("part", COMPONENTS)
def test_what_a_part_of_ones_own_raises_is_told_with_its_line(own: list[str], capsys: Capture, part: str) -> None:
    function, override, key = COMPONENTS[part]

    assert main([*own, override]) == 2

    told = capsys.readouterr().err
    reason = {"callback": "RuntimeError: The size of", "size": "ValueError: two lines;"}.get(
        part, f"KeyError: '{part}'"
    )
    assert f"error: {key}: {function} raised {reason}" in told
    assert "SEGCLI_TRACEBACK=1" in told
    assert f"\n  --> own_parts.py:{_line(part)}\n" in told


@pytest.mark.parametrize("workers", [0, 1])
def test_so_is_what_a_transform_raises_wherever_it_runs(own: list[str], capsys: Capture, workers: int) -> None:
    assert main([*own, TRANSFORM, f"--data.num_workers={workers}"]) == 2

    told = capsys.readouterr().err
    assert "data.train_transforms.0: OwnTransform failed, KeyError: 'transform'" in told
    assert f"\n  --> own_parts.py:{_line('transform')}\n" in told


def test_its_traceback_stays_where_that_is_asked_for(own: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")

    with pytest.raises(ValueError, match="unbuilt"):
        main([*own, COMPONENTS["unbuilt"][1]])


@pytest.mark.usefixtures("own")
def test_check_tells_it_alike(capsys: Capture) -> None:
    function, _, key = COMPONENTS["decoder"]
    Path("own.yaml").write_text("extends: tiny.yaml\nmodel: {decoder: {class_path: own_parts.OwnDecoder}}\n")

    assert main(["check", "own.yaml", "--build"]) == 2

    told = "".join(capsys.readouterr())
    assert f"{key}: {function} raised KeyError: 'decoder'" in told
    assert f"--> own_parts.py:{_line('decoder')}" in told


def test_what_nobody_s_own_code_raised_is_left_alone(tiny: Path) -> None:
    assert from_own_code(ValueError("x"), compose([tiny])) is None
