from pathlib import Path
from typing import Any

import pytest
import torch

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.trainer_check import TrainerError, check_trainer

Capture = pytest.CaptureFixture[str]
CALLBACK = "[{{class_path: {}}}]"


def _tree(file: Path, *overrides: str) -> dict[str, Any]:
    return compose([file], overrides).expanded()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer.limit_train_batches", "1.5"], "limit_train_batches"),
        (["--trainer.max_epochs", "-5"], "max_epochs"),
        (["--trainer.accelerator", "gpuu"], r"got 'gpuu' \(did you mean 'gpu'\?\)"),
        (["--trainer.strategy", "dp"], r"got 'dp' \(did you mean 'ddp'\?\), expected auto, ddp"),
        (["--trainer.strategy", "ddp_spawn"], "set it to ddp"),
        (["--trainer.strategy", "ddp_notebook"], "set it to ddp"),
        (["--trainer.gradient_clip_algorithm", "x"], "Allowed algorithms"),
    ],
)
def test_what_the_trainer_refuses_is_found(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(TrainerError, match=message) as caught:
        check_trainer(_tree(tiny, *words))
    assert f"--{caught.value.key}" == words[0]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("max_time", "word", "got 'word', expected days, hours, minutes and seconds"),
        ("max_time", "{hour: 1}", r"got 'hour' \(did you mean 'hours'\?\)"),
        ("val_check_interval", "0:1", "got '0:1', expected days"),
    ],
)
def test_a_span_of_time_is_one(tiny: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(TrainerError, match=message) as caught:
        check_trainer(_tree(tiny, f"--trainer.{key}", value))
    assert caught.value.key == f"trainer.{key}"
    check_trainer(_tree(tiny, "--trainer.max_time", "{hours: 1}", "--trainer.val_check_interval", "00:00:05:00"))


@pytest.mark.parametrize(
    "words",
    [
        ["--trainer.accelerator", "gpu", "--trainer.devices", "8", "--trainer.strategy", "ddp"],
        ["--trainer.precision", "16-mixed", "--trainer.deterministic", "true"],
        ["--trainer.max_time", "00:01:00:00", "--trainer.callbacks", "[Timer]"],
    ],
)
def test_what_another_machine_can_run_is_fine(tiny: Path, words: list[str]) -> None:
    check_trainer(_tree(tiny, *words))
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--trainer.accelerator", "gpu"], "trainer.accelerator: No supported gpu backend found; set it to auto"),
        (["--trainer.accelerator", "tpu"], "trainer.accelerator: Requirement 'torch_xla"),
        (["--trainer.devices", "99"], "trainer.devices: got 99 on the CPU, where each is a process"),
        (["--trainer.devices", "0"], "trainer.devices: "),
        (["--trainer.strategy", "ddp_spawn"], "trainer.strategy: got 'ddp_spawn', which"),
        (["--trainer.strategy", "ddp_notebook"], "trainer.strategy: got 'ddp_notebook', which"),
        (["--trainer.strategy", "fsdp"], "trainer.strategy: "),
        (["--trainer.strategy", "deepspeed"], "trainer.strategy: "),
        (["--trainer.precision", "transformer-engine"], "trainer.precision: Requirement"),
        (["--trainer.limit_val_batches", "1.5"], "trainer.limit_val_batches: You have passed"),
        (["--trainer.gradient_clip_algorithm", "x"], "trainer.gradient_clip_algorithm: "),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU some of them train")
def test_what_the_trainer_refuses_is_one_error_with_its_place(
    tiny: Path, capsys: Capture, words: list[str], told: str
) -> None:
    accelerator = [] if "accelerator" in words[0] else ["--trainer.accelerator", "cpu"]
    assert main(["fit", "-c", "tiny.yaml", *accelerator, *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {told}")
    assert error.splitlines()[1:] == [f"  --> {words[0]} on the command line"]
    assert not Path("runs").exists()


@pytest.mark.parametrize("name", ["LearningRateMonitor", "DeviceStatsMonitor"])
def test_a_callback_that_only_logs_needs_a_logger(tiny: Path, capsys: Capture, name: str) -> None:
    text = tiny.read_text().replace("trainer: {", f"trainer: {{logger: false, callbacks: [{name}], ")
    tiny.write_text(text)
    line = text[: text.index("trainer:")].count("\n") + 1
    for verb in (["check"], ["fit", "-c"]):
        assert main([*verb, "tiny.yaml"]) == 2
        told = "".join(capsys.readouterr())
        assert f"{name} needs a logger, and trainer.logger is false; remove one of both" in told
        assert f"--> tiny.yaml:{line}\n" in told
