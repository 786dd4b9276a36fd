"""What stock LightningCLI does silently wrong, each shown not to happen here.

The behaviours were reproduced with pytorch-lightning 2.6 and jsonargparse 4.53 on their own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.lightning_cli import SegmentationCLI

Capture = pytest.CaptureFixture[str]
SHORT = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1"]
SHORT += ["--model.schedule=null", "--pictures.count=0"]


def parsed(*words: str) -> dict[str, dict[str, dict[str, object]]]:
    """Return what jsonargparse makes of tiny.yaml and overrides."""
    return SegmentationCLI(compose([Path("tiny.yaml")], words).expanded()).resolved()


def test_a_class_switch_leaks_no_arguments(tiny: Path) -> None:
    """Stock keeps the arguments that the new class happens to take as well, such as weight_decay."""
    Path("my_parts.py").write_text(
        "from segcli.decoders.base import Decoder\n\n\nclass Mine(Decoder):\n"
        "    def __init__(self, features, pyramid_channels: int = 7, dropout: float = 0.5) -> None: ...\n"
    )
    sys.path.insert(0, str(Path.cwd()))
    try:
        decoder = parsed("--model.decoder", "my_parts.Mine")["model"]["decoder"]
    finally:
        sys.path.pop(0)
    assert decoder == {"class_path": "my_parts.Mine", "init_args": {"pyramid_channels": 7, "dropout": 0.5}}


def test_a_checkpoint_overrides_no_hyperparameters(in_trained: Path, capsys: Capture) -> None:
    """Stock lets the checkpoint's hyperparameters win over file and command line."""
    words = ["--model.loss", "DiceLoss", "--data.batch_size", "6", "--run.root", "resumed"]
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", str(in_trained), "--trainer.max_epochs", "4", *words]) == 0
    saved = yaml.safe_load(Path("resumed/tiny/1/config.yaml").read_text())
    assert saved["model"]["loss"]["class_path"].endswith("DiceLoss")
    assert saved["data"]["init_args"]["batch_size"] == 6
    capsys.readouterr()


def test_null_where_a_value_is_needed_is_an_error(tiny: Path, capsys: Capture) -> None:
    """Stock passes it on, and torch fails far from the cause."""
    assert main(["fit", "-c", "tiny.yaml", "--model.optimizer", "null"]) == 2
    assert "model.optimizer: null is no value here" in capsys.readouterr().err


def test_an_abbreviated_key_is_an_error(tiny: Path, capsys: Capture) -> None:
    """Stock takes ``--trainer.max_epoch 3`` for ``max_epochs``."""
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epoch", "3"]) == 2
    assert "did you mean 'max_epochs'" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["modle: {}", "trainer: {max_epochs: 3}"])
def test_unknown_and_duplicate_keys_are_errors(tiny: Path, capsys: Capture, line: str) -> None:
    """Stock ignores an empty unknown section, and takes the last of two equal keys."""
    tiny.write_text(f"{tiny.read_text()}\n{line}\n")
    assert main(["fit", "-c", "tiny.yaml"]) == 2
    assert "tiny.yaml:" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["show", "check"])
def test_what_validates_fails_where_a_required_argument_is_missing(tiny: Path, capsys: Capture, verb: str) -> None:
    """Stock's ``--print_config`` leaves with 0."""
    Path("x.yaml").write_text("data: {class_path: FolderDataModule, classes: [a, b]}\n")
    assert main([verb, "x.yaml"]) == 2
    out = capsys.readouterr()
    assert "FolderDataModule needs 'root'" in out.out + out.err


def test_runs_without_a_logger_keep_their_configs_apart(tiny: Path) -> None:
    """Stock writes config.yaml into the working directory, and the second fit fails on it."""
    for _ in range(2):
        assert main(["fit", "-c", "tiny.yaml", *SHORT, "--trainer.logger", "false"]) == 0
    assert not Path("config.yaml").exists()
    assert {path.name for path in Path("runs/tiny").iterdir()} == {"1", "2"}
    assert all((Path("runs/tiny") / number / "config.yaml").is_file() for number in ("1", "2"))


def test_a_logger_at_one_place_loses_no_metrics(tiny: Path) -> None:
    """Stock's CSVLogger of fixed version deletes the first run's metrics before it refuses."""
    for _ in range(2):
        assert main(["fit", "-c", "tiny.yaml", *SHORT]) == 0
    assert all((Path("runs/tiny") / number / "metrics.csv").is_file() for number in ("1", "2"))


def test_the_config_of_an_evaluation_trains(in_trained: Path) -> None:
    """Stock's saved config of ``validate`` does not load in ``fit``."""
    assert main(["validate", "--ckpt_path", str(in_trained)]) == 0
    saved = next((in_trained.parent.parent / "validate").glob("*/config.yaml"))
    assert main(["fit", "-c", str(saved), *SHORT, "--run.root", "again"]) == 0


def test_a_checkpoint_loads_without_unpickling(in_trained: Path) -> None:
    """Stock pickles modules into the hyperparameters of a model built in Python."""
    assert "state_dict" in torch.load(in_trained, weights_only=True)


def test_an_override_reaches_every_user_of_a_variable(tiny: Path) -> None:
    """jsonargparse's omegaconf mode resolves each file before overrides are known."""
    tiny.write_text(
        tiny.read_text() + "vars: {n: 3}\nrun: {root: 'out${vars.n}'}\ncheckpoint: {save_top_k: '${vars.n}'}\n"
    )
    found = parsed("--vars.n", "5")
    assert (found["run"]["root"], found["checkpoint"]["save_top_k"]) == ("out5", 5)


def test_there_is_a_schema(capsys: Capture) -> None:
    """jsonargparse's generator crashes on LightningCLI."""
    assert main(["schema"]) == 0
    assert {"model", "data", "trainer"} <= set(json.loads(capsys.readouterr().out)["properties"])


@pytest.mark.parametrize("words", [["show", "tiny.yaml"], ["why", "tiny.yaml", "model.decoder"], ["list", "decoders"]])
def test_reading_experiments_imports_no_torch(tiny: Path, words: list[str]) -> None:
    """Stock needs 5 s of imports before it can say anything."""
    code = f"import sys; from segcli.cli.main import main; main({words!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_callbacks_in_a_file_leave_checkpoints_alone(tiny: Path) -> None:
    """Stock drops its default ModelCheckpoint as soon as a file has a list of callbacks."""
    tiny.write_text(tiny.read_text().replace("trainer: {", "trainer: {callbacks: [{class_path: Timer}], "))
    assert main(["fit", "-c", "tiny.yaml", *SHORT]) == 0
    assert Path("runs/tiny/1/checkpoints/best.ckpt").is_file()


def test_a_checkpoint_that_is_not_there_is_an_error(tiny: Path, capsys: Capture) -> None:
    """Stock warns, and trains from scratch."""
    assert main(["fit", "-c", "tiny.yaml", "--ckpt_path", "last"]) == 2
    assert "no interrupted run in runs/tiny" in capsys.readouterr().err
    assert main(["fit", "--ckpt_path", "nowhere.ckpt"]) == 2
    assert "no checkpoint nowhere.ckpt" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_the_model_is_tried_without_fake_tensors(tiny: Path, capsys: Capture) -> None:
    """FakeTensorMode fails in timm's Swin; the meta device does not."""
    text = (
        tiny.read_text()
        .replace("image_size: 32", "image_size: 224")
        .replace("test_resnet.r160_in1k", "swin_tiny_patch4_window7_224")
    )
    tiny.write_text(text)
    assert main(["check", "tiny.yaml", "--build"]) == 0
    assert "FPN on swin_tiny_patch4_window7_224" in capsys.readouterr().out


def test_the_other_namespace_of_lightning_is_an_error(tiny: Path, capsys: Capture) -> None:
    """Its classes are other objects, and stock says only that they are no subclass."""
    words = ["--trainer.callbacks+", "lightning.pytorch.callbacks.Timer"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 2
    assert "write pytorch_lightning.callbacks.Timer" in capsys.readouterr().err
