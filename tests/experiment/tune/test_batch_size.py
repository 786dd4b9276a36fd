import json
import sys
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.experiment.tune.batch_size import StepClock, Trial, suggested


def test_the_smallest_that_is_almost_the_fastest_is_suggested() -> None:
    trials = [Trial(size, size / speed, speed, 1.0) for size, speed in ((2, 50.0), (4, 94.0), (8, 96.0), (16, 100.0))]

    assert suggested(trials).batch_size == 8


def test_starts_of_epochs_count_only_if_there_is_nothing_else() -> None:
    clock = StepClock()
    clock.epochs = [[0.0, 1.0, 2.0], [9.0, 10.0]]
    assert clock.step_seconds() == 1.0
    clock.epochs = [[0.0], [3.0], [7.0]]
    assert clock.step_seconds() == 3.5


LIMITED = """
import torch
from segcli.losses.base import Loss
class Limited(Loss):
    def __init__(self, most: int = 4) -> None:
        super().__init__()
        self.most = most
    def forward(self, logits, mask):
        if len(logits) > self.most:
            torch.empty(2**45)
        return logits.square().mean()
"""


@pytest.fixture
def limited(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (tiny.parent / "limited_loss.py").write_text(LIMITED)
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(sys.modules, "limited_loss", raising=False)
    return ["tune", "batch_size", "-c", "tiny.yaml", "--steps=2", "--model.loss=limited_loss.Limited"]


def test_it_ends_where_memory_does(limited: list[str]) -> None:
    assert main(limited) == 0

    record = json.loads(Path("runs/tiny/tune/1/tune.json").read_text())
    assert [trial["batch_size"] for trial in record["trials"]] == [2, 4]
    assert record["ended"] == "8 images do not fit into memory"


def test_it_ends_where_the_images_do(tiny: Path) -> None:
    assert main(["tune", "batch_size", "-c", "tiny.yaml", "--steps=2", "--data.train_size=6"]) == 0

    record = json.loads(Path("runs/tiny/tune/1/tune.json").read_text())
    assert [trial["batch_size"] for trial in record["trials"]] == [2, 4, 6]
    assert record["ended"] == "there are 6 training images"


def test_not_even_two_images_is_an_error(limited: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*limited, "--model.loss.most=1"]) == 2

    assert "2 images do not fit into memory; lower the size of crops" in capsys.readouterr().err
    assert not Path("runs").exists()
