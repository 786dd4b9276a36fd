"""Freezing on whole runs: within the training loop, resumed, and on several devices."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy
from torch import Tensor

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.decoders.fpn import FPN
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.optim.freezing import Freezing
from segcli.runs.run_folder import RunFolder
from segcli.task import SegmentationTask

FREEZING = "--model.freezing={class_path: Freezing, thaw_epochs: [null, 2, 1]}"
STAGES = ("stem", "layer1", "layer2", "layer3", "layer4")
State = dict[str, Tensor]


class Epochs(pl.Callback):
    """Keep the backbone as it is after each epoch's training, and which layers are in training mode in each step."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.training: list[set[str]] = []

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:  # noqa: ANN401
        backbone = pl_module.segmenter.backbone
        self.training.append({name for name, module in backbone.named_modules() if module.training})

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not self.states:
            self.states.append(copy.deepcopy(pl_module.segmenter.backbone.state_dict()))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.states.append(copy.deepcopy(pl_module.segmenter.backbone.state_dict()))


def fitted(file: Path, *overrides: str, checkpoint: Path | None = None) -> tuple[SegmentationCLI, Epochs]:
    quiet()
    cli = SegmentationCLI(compose([file], ["--trainer.logger=false", "--pictures.count=0", *overrides]).expanded())
    epochs = Epochs()
    cli.build(RunFolder.create(file.parent / "runs"), [epochs])
    cli.trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=checkpoint)
    return cli, epochs


def changed(before: State, after: State, *, statistics: bool) -> list[str]:
    """Return the stages of which weights, or running statistics, differ."""
    found = set()
    for name in before:
        stage = name.split(".")[1]
        if (
            ("running" in name) == statistics
            and "num_batches" not in name
            and not torch.equal(before[name], after[name])
        ):
            found.add(stage if stage in STAGES else "stem")
    return [stage for stage in STAGES if stage in found]


@pytest.mark.parametrize(
    "optimizer",
    ["{class_path: AdamW, weight_decay: 0.5}", "{class_path: SGD, weight_decay: 0.01, lr: 0.01}"],
    ids=["AdamW", "SGD"],
)
def test_stages_learn_from_their_epoch_on(tiny: Path, optimizer: str) -> None:
    groups = "--model.parameter_groups={class_path: ParameterGroups, layer_decay: 0.9}"
    cli, epochs = fitted(tiny, FREEZING, groups, f"--model.optimizer={optimizer}", "--trainer.max_epochs=3")

    expected = [["layer3", "layer4"], ["layer2", "layer3", "layer4"], ["layer1", "layer2", "layer3", "layer4"]]
    for before, after, stages in zip(epochs.states[:-1], epochs.states[1:], expected, strict=True):
        assert changed(before, after, statistics=False) == stages
        assert changed(before, after, statistics=True) == stages
    assert all("model.bn1" not in names for names in epochs.training)
    assert all("model.layer4.0.bn1" in names for names in epochs.training)
    names = {group["name"] for group in cli.trainer.optimizers[0].param_groups}
    assert {"backbone/layer_1", "backbone/layer_4"} <= names
    assert "backbone/layer_0" not in names


@pytest.mark.parametrize("step", [3, 4], ids=["at the end of an epoch", "within one"])
def test_a_resumed_run_freezes_like_the_whole_one(tiny: Path, step: int) -> None:
    words = [FREEZING, "--trainer.max_epochs=2", "--checkpoint.save_top_k=-1", "--checkpoint.filename='{step}'"]
    words += ["--checkpoint.monitor=null", "--checkpoint.every_n_train_steps=1"]
    whole, epochs = fitted(tiny, *words)
    (checkpoint,) = tiny.parent.glob(f"runs/1/checkpoints/step={step}.ckpt")

    resumed, again = fitted(tiny, *words, checkpoint=checkpoint)

    assert again.training == epochs.training[step:]
    torch.testing.assert_close(resumed.model.state_dict(), whole.model.state_dict(), rtol=0, atol=0)


def test_statistics_of_all_norms_stay_for_the_whole_run(tiny: Path) -> None:
    tiny.write_text(f"extends: segcli:fine_tune\nvars: {{thaw_epoch: 1}}\n{tiny.read_text()}")
    _, epochs = fitted(tiny)

    first, second, third = epochs.states
    assert changed(first, third, statistics=True) == []
    assert changed(first, second, statistics=False) == []
    assert changed(second, third, statistics=False) == list(STAGES)


@pytest.mark.parametrize("build", [[], ["--build"]])
def test_check_counts_stages(tiny: Path, capsys: pytest.CaptureFixture[str], build: list[str]) -> None:
    tiny.write_text(tiny.read_text().replace("model:", "model:\n  freezing: {class_path: Freezing, thaw_epochs: THAW}"))
    text = tiny.read_text()
    tiny.write_text(text.replace("THAW", "[null, 1]"))
    assert main(["check", str(tiny), *build]) == 0

    tiny.write_text(text.replace("THAW", "[1, 1, 1, 1, 1, 1]"))
    assert main(["check", str(tiny), *build]) == 2
    error = capsys.readouterr().out
    assert "got 6 thaw_epochs, expected at most 5, one per stage of the backbone: conv1 bn1 (7,472)" in error
    assert "model.freezing" in error
    assert "tiny.yaml:11" in error


def test_check_finds_a_backbone_that_is_frozen_already(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model.backbone.frozen=true", "--model.freezing={class_path: Freezing, thaw_epochs: 1}"]
    assert main(["fit", "-c", str(tiny), *words]) == 2
    assert "frozen as a whole; remove model.backbone.frozen" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("thaw_epochs", "finds_unused", "is_fine"), [([1], False, False), ([1], True, True), ([None], False, True)]
)
def test_ddp_has_to_find_unused_parameters_if_something_thaws_later(
    thaw_epochs: list[int | None], finds_unused: bool, is_fine: bool
) -> None:
    task = SegmentationTask(
        TimmBackbone("test_resnet.r160_in1k", pretrained=False),
        FPN,
        CrossEntropyLoss(),
        AdamW,
        ("a", "b"),
        freezing=Freezing(thaw_epochs),
    )
    task.configure_model()
    strategy = DDPStrategy(find_unused_parameters=finds_unused)
    task._trainer = SimpleNamespace(strategy=strategy, current_epoch=0, global_step=0)  # type: ignore[assignment]
    if is_fine:
        task.on_train_start()
    else:
        with pytest.raises(ValueError, match=r"set trainer\.strategy to ddp_find_unused_parameters_true"):
            task.on_train_start()


REPORT = """
import json
import pytorch_lightning as pl

class Report(pl.Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        sums = {n: p.detach().double().abs().sum().item() for n, p in pl_module.named_parameters()}
        with open(f"rank_{trainer.global_rank}.jsonl", "a") as file:
            file.write(json.dumps(sums) + "\\n")
"""


@pytest.mark.slow
def test_processes_agree_after_a_thaw(tiny: Path) -> None:
    (tiny.parent / "report.py").write_text(REPORT)
    words = ["--trainer.strategy=ddp_find_unused_parameters_true", "--trainer.accelerator=cpu", "--trainer.devices=2"]
    words += ["--trainer.callbacks=[report.Report]", "--trainer.max_epochs=3", FREEZING]
    done = subprocess.run(
        [sys.executable, "-m", "segcli", "fit", "-c", str(tiny), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{tiny.parent}:{Path(__file__).parent.parent}"},
    )
    assert done.returncode == 0, done.stderr

    ranks = [
        [json.loads(line) for line in (tiny.parent / f"rank_{rank}.jsonl").read_text().splitlines()] for rank in (0, 1)
    ]
    assert ranks[0] == ranks[1]
    names = {stage: f"segmenter.backbone.model.{stage}.0.conv1.weight" for stage in ("layer1", "layer2", "layer4")}
    values = {stage: [epoch[name] for epoch in ranks[0]] for stage, name in names.items()}
    assert {stage: len(set(found)) for stage, found in values.items()} == {"layer1": 2, "layer2": 3, "layer4": 3}
    assert len({epoch["segmenter.backbone.model.bn1.weight"] for epoch in ranks[0]}) == 1
