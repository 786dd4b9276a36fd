"""Loggers, profilers and values of Lightning's Trainer: each trains here, or ends in one plain error before it does."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from pytorch_lightning import Trainer, loggers, profilers

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]
Told = Callable[..., str]

SHORT = ["--trainer.max_epochs", "1", "--data.train_size", "8", "--data.val_size", "2", "--model.schedule", "null"]
PACKAGES = {
    "CometLogger": "comet",
    "LitLogger": "LitLogger",
    "MLFlowLogger": "sqlite:///mlflow.db",
    "WandbLogger": "wandb",
    "XLAProfiler": "torch_xla",
    "Logger": "abstract",
    "Profiler": "abstract",
}
"""What the error names of those that need a package, or a setting."""
WORKING = {
    "logger": sorted(set(loggers.__all__) - set(PACKAGES)),
    "profiler": sorted(set(profilers.__all__) - set(PACKAGES)),
}
ARGUMENTS = {"CSVLogger": "save_dir: logs", "TensorBoardLogger": "save_dir: logs"}
WRONG = {
    "accelerator": ["nope", "mps", "tpu", "3"],
    "benchmark": ["x"],
    "default_root_dir": ["elsewhere"],
    "detect_anomaly": ["x"],
    "deterministic": ["x"],
    "devices": ["0", "[]", "x", "[0]", "1.5"],
    "enable_progress_bar": ["x"],
    "fast_dev_run": ["-1", "x"],
    "gradient_clip_algorithm": ["nope"],
    "gradient_clip_val": ["-1", "x"],
    "inference_mode": ["x"],
    "limit_predict_batches": ["1.5"],
    "limit_val_batches": ["1.5"],
    "logger": ["3", "tensorboard"],
    "max_time": ["nope", "{hour: 1}", "00:00:00:00"],
    "num_nodes": ["0"],
    "overfit_batches": ["-1"],
    "plugins": ["nope", "3"],
    "precision": ["17", "nope"],
    "profiler": ["nope", "xla", "pytorch_lightning.profilers.SimpleProfiler"],
    "reload_dataloaders_every_n_epochs": ["-1"],
    "strategy": ["nope", "fsdp", "xla", "deepspeed"],
    "sync_batchnorm": ["x"],
    "val_check_interval": ["99", "00:00:00:01"],
}
RIGHT = {
    "accelerator": "auto",
    "devices": "auto",
    "enable_model_summary": "true",
    "gradient_clip_algorithm": "norm",
    "gradient_clip_val": "0.5",
    "inference_mode": "false",
    "max_time": "{minutes: 1}",
    "min_epochs": "5",
    "num_sanity_val_steps": "-1",
    "plugins": "pytorch_lightning.plugins.io.AsyncCheckpointIO",
    "precision": "bf16-mixed",
    "reload_dataloaders_every_n_epochs": "1",
    "strategy": "single_device",
    "use_distributed_sampler": "false",
}


@pytest.fixture
def told(tiny: Path, capsys: Capture) -> Told:
    """Refuses an experiment with some more words; returns its error."""

    def refuse(*words: str) -> str:
        assert main(["fit", "-c", str(tiny), *SHORT, *words]) == 2
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        assert said.err.count("error:") == 1
        assert not list(Path().rglob("*.ckpt"))
        return said.err

    return refuse


@pytest.mark.parametrize(
    ("key", "name"), [(key, name) for key, names in WORKING.items() for name in names if name != "PyTorchProfiler"]
)
def test_a_logger_or_profiler_of_lightnings_trains(tiny: Path, key: str, name: str) -> None:
    component = f"{{class_path: pytorch_lightning.{key}s.{name}, init_args: {{{ARGUMENTS.get(name, '')}}}}}"
    assert main(["fit", "-c", str(tiny), *SHORT, f"--trainer.{key}", component]) == 0
    assert Path("runs/tiny/1/val_scores.json").is_file()


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_or_says_what_it_needs(told: Told, name: str) -> None:
    key = "profiler" if "Profiler" in name else "logger"
    said = told(f"--trainer.{key}", f"{{class_path: pytorch_lightning.{key}s.{name}}}")
    assert f"trainer.{key}: " in said
    assert PACKAGES[name].lower() in said.lower()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(key, value, marks=[pytest.mark.slow] if index else [])
        for key, values in WRONG.items()
        for index, value in enumerate(values)
    ],
)
def test_a_wrong_value_is_one_error(told: Told, key: str, value: str) -> None:
    said = told(f"--trainer.{key}", value)
    assert len(said.splitlines()) <= 4, said


@pytest.mark.filterwarnings("ignore:Precision bf16-mixed is not supported by the model summary")
def test_edge_values_train_together(tiny: Path) -> None:
    words = [word for key, value in RIGHT.items() for word in (f"--trainer.{key}", value)]
    assert main(["fit", "-c", str(tiny), *SHORT, *words]) == 0


def test_the_tables_name_arguments_of_the_trainer() -> None:
    assert set(WRONG) | set(RIGHT) <= set(inspect.signature(Trainer).parameters)
    assert all("pytorch_lightning" in getattr(loggers, name).__module__ for name in WORKING["logger"])
