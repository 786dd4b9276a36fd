import csv
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from segcli.callbacks.timing import Timing, device_name, peak_memory
from segcli.cli.main import main

MODULE = cast(Any, torch.nn.Linear(2, 3))
BATCH = cast(Any, {"image": torch.zeros(4, 3, 2, 2)})


def _trainer(folder: Path, devices: int = 1) -> Any:  # noqa: ANN401  (stands for a Trainer)
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    state = SimpleNamespace(fn="fit")
    return SimpleNamespace(
        default_root_dir=str(folder),
        state=state,
        strategy=strategy,
        world_size=devices,
        sanity_checking=False,
        is_global_zero=True,
        current_epoch=0,
        global_step=0,
    )


def _train(timing: Timing, trainer: Any, seconds: float, validation_s: float) -> None:  # noqa: ANN401
    timing.on_train_epoch_start(trainer, MODULE)
    time.sleep(seconds)
    timing.on_train_batch_end(trainer, MODULE, None, BATCH, 0)
    trainer.global_step += 1
    timing.on_validation_start(trainer, MODULE)
    time.sleep(validation_s)
    timing.on_validation_end(trainer, MODULE)
    trainer.current_epoch += 1


def _rows(folder: Path) -> list[dict[str, float]]:
    with (folder / "timing.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def test_validation_is_no_training(tmp_path: Path) -> None:
    timing, trainer = Timing(), _trainer(tmp_path, devices=2)
    timing.on_train_start(trainer, MODULE)
    _train(timing, trainer, 0.05, 0.2)
    _train(timing, trainer, 0.05, 0.2)
    timing.on_train_end(trainer, MODULE)
    first, second = _rows(tmp_path)
    assert (first["epoch"], first["step"], second["epoch"], second["step"]) == (1, 1, 2, 2)
    assert 0.05 <= first["train_s"] < 0.2 < first["elapsed_s"]
    assert 0.1 <= second["train_s"] < 0.4 < second["elapsed_s"]
    assert second["images_per_s"] == pytest.approx(8 / (second["train_s"] - first["train_s"]), rel=0.05)


def test_an_interrupted_run_goes_on_with_its_times(tmp_path: Path) -> None:
    timing, trainer = Timing(), _trainer(tmp_path)
    timing.on_train_start(trainer, MODULE)
    _train(timing, trainer, 0.05, 0.0)
    state = timing.state_dict()
    time.sleep(0.3)  # until it goes on
    again = Timing()
    again.load_state_dict(state)
    again.on_train_start(trainer, MODULE)
    _train(again, trainer, 0.05, 0.0)
    rows = _rows(tmp_path)
    assert [row["step"] for row in rows] == [1, 2]
    assert 0.1 <= rows[1]["elapsed_s"] < 0.3


def test_a_run_without_validation_has_a_row(tiny: Path) -> None:
    words = ["--trainer.limit_val_batches", "0", "--checkpoint.monitor", "null", "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
    assert [row["step"] for row in _rows(Path("runs/tiny/1"))] == [3]


def test_the_passport_has_the_costs(in_trained: Path) -> None:
    cost = json.loads(Path("runs/tiny/1/passport.json").read_text())["cost"]
    rows = _rows(Path("runs/tiny/1"))
    assert cost["train_s"] == pytest.approx(rows[-1]["train_s"], abs=0.5)
    assert cost["images_per_s"] == rows[1]["images_per_s"]  # the first interval holds the warm-up
    state = torch.load("runs/tiny/1/checkpoints/best.ckpt", weights_only=True)["state_dict"]
    learned = [v for k, v in state.items() if "running_" not in k and "num_batches" not in k]
    assert cost["parameters"] == pytest.approx(sum(v.numel() for v in learned), rel=0.01)
    assert cost["flops_per_image"] > 1e6
    assert cost["peak_memory_bytes"] > 2**26
    assert cost["device"] == "cpu"


def test_devices_are_counted() -> None:
    assert device_name(torch.device("cpu"), 1) == "cpu"
    assert device_name(torch.device("cpu"), 4) == "4 x cpu"
    assert peak_memory(torch.device("cpu")) >= 2**26
