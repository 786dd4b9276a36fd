"""A model in shards trains, is measured, saved, resumed and loaded like a whole one.

On CPUs, by a strategy that leaves out the checks for a GPU; ``trainer.strategy: fsdp`` is the same class without that.
"""

import json
import shutil
from pathlib import Path

import pytest

from segcli.inference.checkpoint import load_checkpoint
from segcli.segmenter import Segmenter
from tests.conftest import TINY
from tests.distributed import cpu_fsdp
from tests.distributed.launch import lightning, on

pytestmark = pytest.mark.slow
ON_TWO = ["--trainer.accelerator", "cpu", "--trainer.devices", "2"]
SHARDED = """
extends: tiny.yaml
model: {parameter_groups: {backbone_lr_factor: 0.1, decay_norms_and_biases: false}}
data: {batch_size: 4, val_size: 5, val_batch_size: 2}
trainer: {strategy: {class_path: cpu_fsdp.CPUFSDPStrategy}}
"""
LAST = "runs/sharded/1/checkpoints/last.ckpt"


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working directory of a run in two shards, whose second has fewer validation batches."""
    folder = tmp_path_factory.mktemp("sharded")
    shutil.copy(cpu_fsdp.__file__, folder)
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "sharded.yaml").write_text(SHARDED)
    done = lightning(["fit", "-c", "sharded.yaml", *ON_TWO], folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_checkpoint_is_whole(sharded: Path) -> None:
    path = sharded / "runs" / "sharded" / "1" / "checkpoints" / "best.ckpt"
    content = load_checkpoint(path)
    groups = content["optimizer_states"][0]["param_groups"]
    assert {group["name"]: group["weight_decay"] for group in groups} == {
        "decoder": 0.01,
        "decoder/no_decay": 0.0,
        "backbone": 0.01,
        "backbone/no_decay": 0.0,
    }
    whole = Segmenter.from_checkpoint(path)
    assert {f"segmenter.{name}" for name in whole.state_dict()} <= set(content["state_dict"])


def test_one_device_measures_what_the_shards_did(sharded: Path) -> None:
    words = ["validate", "--ckpt_path", "runs/sharded/1/checkpoints/best.ckpt", "--trainer.strategy", "auto"]
    done = lightning([*words, *on(1)], sharded)
    assert done.returncode == 0, done.stderr
    run = sharded / "runs" / "sharded" / "1"
    shards, alone = (
        json.loads((path / "val_scores.json").read_text())["classes"] for path in (run, run / "validate" / "1")
    )
    assert shards == alone


def test_a_run_in_shards_goes_on(sharded: Path) -> None:
    words = ["fit", "--ckpt_path", LAST, "-c", "sharded.yaml", *ON_TWO, "--trainer.max_epochs", "3"]
    done = lightning([*words, "--run.name", "longer"], sharded)
    assert done.returncode == 0, done.stderr
    (last,) = (sharded / "runs" / "longer").glob("*/checkpoints/last.ckpt")
    assert load_checkpoint(last)["global_step"] == 9


def test_a_gpu_is_asked_for(sharded: Path) -> None:
    done = lightning(["fit", "-c", "tiny.yaml", *ON_TWO, "--trainer.strategy", "fsdp"], sharded)
    assert done.returncode == 2
    assert done.stderr.startswith("error: trainer.strategy: The strategy `fsdp` requires a GPU")
