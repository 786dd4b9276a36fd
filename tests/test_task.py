import csv
import json
import math
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from segcli import registry
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.decoders.fpn import FPN
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet
from segcli.inference.checkpoint import CHECKPOINT_KEY
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.metrics.average_precision import AveragePrecision
from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.optim.adamw import AdamW
from segcli.optim.plateau import Plateau
from segcli.runs.run_folder import RunFolder
from segcli.sample import Batch
from segcli.task import SegmentationTask
from tests.losses.data import dense


def _task(classes: tuple[str, ...] = ("a", "b", "c"), **arguments: object) -> SegmentationTask:
    task = SegmentationTask(
        TimmBackbone("test_resnet.r160_in1k", pretrained=False),
        partial(FPN, pyramid_channels=32, segmentation_channels=64),
        optimizer=AdamW,
        classes=classes,
        **{"loss": CrossEntropyLoss(), **arguments},  # type: ignore[arg-type]
    )
    task.configure_model()
    return task


class _Next(Loss):
    """A loss that returns what it is told to."""

    def __init__(self, values: Iterator[Tensor]) -> None:
        super().__init__()
        self.values = values

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        return next(self.values)


def _batch(labels: Tensor) -> Batch:
    height, width = labels.shape[-2:]
    image = torch.randint(0, 256, (len(labels), 3, height, width), dtype=torch.uint8)
    return Batch(image=image, mask=labels, path=["x"] * len(labels), size=[(height, width)] * len(labels))


def test_logits_have_a_channel_per_class_and_one_for_binary() -> None:
    image = torch.zeros(1, 3, 40, 52, dtype=torch.uint8)
    assert _task()(image).shape == (1, 3, 40, 52)
    assert _task(("a", "b"), task="binary")(image).shape == (1, 1, 40, 52)
    assert _task(("a", "b"))(image).shape == (1, 2, 40, 52)


def test_binary_needs_two_classes() -> None:
    with pytest.raises(ValueError, match=r"'binary' with 3 classes \(a, b, c\), expected 2"):
        _task(task="binary")


def test_configure_model_builds_once_and_the_state_dict_holds_it_once() -> None:
    task = _task()
    segmenter = task.segmenter
    task.configure_model()
    assert task.segmenter is segmenter
    assert all(key.startswith(("segmenter.", "loss.")) for key in task.state_dict())


def test_frozen_parameters_are_not_optimised() -> None:
    task = _task()
    assert isinstance(task.segmenter, nn.Module)
    for parameter in task.segmenter.backbone.parameters():
        parameter.requires_grad_(False)
    optimizer = task.configure_optimizers()
    count = sum(len(group["params"]) for group in optimizer.param_groups)
    assert count == sum(p.requires_grad for p in task.parameters())


def test_scores_leave_absent_classes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    task, logged, monitored = _task().eval(), {}, {}
    monkeypatch.setattr(
        task, "log_dict", lambda values, logger: (monitored if logger is False else logged).update(values)
    )
    monkeypatch.setattr(
        task, "prediction", lambda image: dense(torch.tensor([5.0, 0, 0]).view(1, 3, 1, 1).expand(2, 3, 8, 8))
    )
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[0, :4] = 1
    labels[1, 0] = 255
    task.validation_step(_batch(labels), 0)
    task.on_validation_epoch_end()
    assert logged["val/IoU/a"] == pytest.approx(88 / 120)
    assert logged["val/IoU/b"] == 0
    assert "val/IoU/c" not in logged
    assert math.isnan(monitored["val/IoU/c"])
    assert logged["val/mIoU"] == pytest.approx(88 / 240)
    assert math.isfinite(logged["val/loss"])


def test_the_validation_loss_is_the_mean_over_images_not_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([torch.tensor(1.0), torch.tensor(4.0)])
    task, logged = _task(loss=_Next(losses)).eval(), {}
    monkeypatch.setattr(task, "log_dict", lambda values, logger: logged.update(values) if logger is None else None)
    task.validation_step(_batch(torch.zeros(3, 32, 32, dtype=torch.uint8)), 0)
    task.validation_step(_batch(torch.zeros(1, 32, 32, dtype=torch.uint8)), 1)
    task.on_validation_epoch_end()
    assert logged["val/loss"] == pytest.approx(1.75)


def test_predictions_have_the_size_on_disk() -> None:
    batch = _batch(torch.zeros(2, 32, 32, dtype=torch.uint8))
    batch["size"] = [(50, 70), (20, 33)]
    labels = _task().eval().predict_step(batch, 0)
    assert [tuple(label.shape) for label in labels] == [(50, 70), (20, 33)]
    assert all(label.dtype == torch.uint8 for label in labels)


def test_masks_of_another_kind_than_the_task_are_refused_before_the_first_step(tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"got 'multiclass', but the data's masks have a channel per class"):
        _fitted(tiny, "--data.multilabel=true", "--trainer.limit_val_batches=0")
    with pytest.raises(ValueError, match=r"got 'multilabel', but the data's masks have one class per pixel"):
        _fitted(tiny, "--model.task=multilabel", "--trainer.limit_val_batches=0")


def test_several_labels_are_scored_by_class_without_ignored_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    task, logged = _task(("a",), task="multilabel", average_precision_thresholds=5).eval(), {}
    monkeypatch.setattr(task, "log_dict", lambda values, logger: logged.update(values) if logger is None else None)
    monkeypatch.setattr(task, "prediction", lambda image: dense(torch.linspace(-3, 3, 64).view(1, 1, 8, 8)))
    mask = torch.ones(1, 1, 8, 8, dtype=torch.uint8)
    mask[..., :6, :] = 0
    mask[..., 7, :] = 255
    prediction = task.validation_step(_batch(mask), 0)
    task.on_validation_epoch_end()
    assert prediction.shape == mask.shape
    assert logged["val/IoU/a"] == logged["val/mIoU"] == pytest.approx(8 / 24)
    assert logged["val/pixel_accuracy"] == pytest.approx(40 / 56)
    assert 0.5 < logged["val/AP/a"] == logged["val/mAP"] < 1
    assert all(logged[str(score)] == value for score, value in task.scores["val"].named("val", ("a",)))


def test_average_precision_of_two_classes_in_one_sigmoid_is_that_of_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task, logged = _task(("a", "b"), task="binary", average_precision_thresholds=11).eval(), {}
    monkeypatch.setattr(task, "log_dict", lambda values, logger: logged.update(values) if logger is None else None)
    monkeypatch.setattr(task, "prediction", lambda image: dense(torch.linspace(-3, 3, 64).view(1, 1, 8, 8)))
    mask = torch.zeros(1, 8, 8, dtype=torch.uint8)
    mask[:, 4:] = 1
    task.validation_step(_batch(mask), 0)
    task.on_validation_epoch_end()
    assert logged["val/AP/b"] == logged["val/mAP"] == 1
    assert "val/AP/a" not in logged


def test_an_image_that_another_device_counts_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    task = _task(("a", "b"), metrics=[BoundaryIoU(), AveragePrecision(5)]).eval()
    monkeypatch.setattr(task, "log_dict", lambda *_, **__: None)
    batch = _batch(torch.randint(2, (2, 16, 16), dtype=torch.uint8))
    task.validation_step({**batch, "path": ["a", "b"]}, 0)
    task.validation_step({**batch, "path": ["a", "b"], "is_filler": True}, 1)
    task.on_validation_epoch_end()

    assert task.evaluation.metrics.images["boundary_iou"][0] == ["a", "b"]
    assert [spec.name for spec, _ in task.scores["val"].others] == ["boundary_iou", "boundary_iou", "mAP", "AP"]


def test_average_precision_is_measured_only_where_it_is_asked_for(trained: Path) -> None:
    with (trained / "metrics.csv").open() as file:
        assert "val/mAP" not in next(csv.reader(file))


def test_a_checkpoint_is_chosen_by_average_precision(tiny: Path) -> None:
    words = ["--model.average_precision_thresholds=20", "--checkpoint.monitor=val/mAP", "--trainer.max_epochs=2"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
    with Path("runs/tiny/1/metrics.csv").open() as file:
        values = [float(row["val/mAP"]) for row in csv.DictReader(file) if row["val/mAP"]]
    scores = json.loads(Path("runs/tiny/1/val_scores.json").read_text())
    assert scores["mAP"] == pytest.approx(max(values), abs=1e-6)
    assert scores["epoch"] == values.index(max(values)) + 1
    assert 0 < scores["classes"]["circle"]["AP"] < 1


def test_one_class_is_no_task() -> None:
    with pytest.raises(ValueError, match=r"1 class \(cell\), expected at least 2"):
        _task(("cell",))


def _cli(file: Path, *overrides: str) -> SegmentationCLI:
    quiet()
    cli = SegmentationCLI(compose([file], ["--trainer.logger=false", *overrides]).expanded())
    cli.build(RunFolder(Path(tempfile.mkdtemp(dir=file.parent))), [])
    return cli


def _fitted(file: Path, *overrides: str, checkpoint: Path | None = None) -> SegmentationCLI:
    cli = _cli(file, *overrides)
    cli.trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=checkpoint)
    return cli


CLASS_PATHS = [
    *("torch.optim.RAdam", "torch.optim.Adagrad", "torch.optim.NAdam", "torch.optim.RMSprop"),
    *("timm.optim.Lamb", "timm.optim.AdamP", "timm.optim.Muon", "timm.optim.MADGRAD", "timm.optim.Lion"),
]


@pytest.mark.parametrize("path", CLASS_PATHS)
def test_any_optimizer_trains_by_its_class_path(tiny: Path, path: str) -> None:
    groups = ["--model.parameter_groups=ParameterGroups", "--model.parameter_groups.backbone_lr_factor=0.5"]
    words = [f"--model.optimizer={path}", "--model.optimizer.lr=0.004", "--trainer.fast_dev_run=2"]

    (optimizer,) = _fitted(tiny, *words, *groups).trainer.optimizers

    assert type(optimizer).__name__ == path.rpartition(".")[2]
    assert [(group["name"], group["initial_lr"]) for group in optimizer.param_groups] == [
        ("decoder", 0.004),
        ("backbone", 0.002),
    ]


@pytest.mark.parametrize("path", ["torch.optim.RAdam", "timm.optim.Lamb"])
def test_a_wrong_argument_of_any_optimizer_is_found_in_its_source(tiny: Path, path: str) -> None:
    with pytest.raises(ConfigError, match=r"has no option 'weight_deacy' \(did you mean 'weight_decay'\?\)"):
        compose([tiny], [f"--model.optimizer={path}", "--model.optimizer.weight_deacy=0.1"])
    with pytest.raises(ConfigError, match="gets 'params' at run time"):
        compose([tiny], [f"--model.optimizer={path}", "--model.optimizer.params=[]"])


@pytest.mark.parametrize("name", registry.names("schedules"))
def test_every_schedule_trains_with_a_warm_up(tiny: Path, name: str) -> None:
    cli = _fitted(tiny, f"--model.schedule={name}", "--model.schedule.warmup_steps=3", "--trainer.max_epochs=1")

    (config,) = cli.trainer.lr_scheduler_configs
    assert type(config.scheduler).__name__ == name
    assert config.scheduler.last_epoch == 3
    assert config.scheduler.lr_at(0)[0] == pytest.approx(config.scheduler.decay(0) * 1e-3 / 3)


def test_steps_of_an_epoch_are_those_of_the_optimizer(tiny: Path) -> None:
    words = ["--model.schedule=Step", "--trainer.accumulate_grad_batches=2", "--trainer.max_epochs=1"]

    (config,) = _fitted(tiny, *words).trainer.lr_scheduler_configs

    assert config.scheduler.steps_per_epoch == 2  # 3 batches


def test_the_logged_rate_is_that_of_the_decoder(tiny: Path) -> None:
    words = ["--model.parameter_groups={class_path: ParameterGroups, layer_decay: 0.5}", "--model.schedule=null"]
    assert main(["fit", "-c", str(tiny), *words, "--trainer.log_every_n_steps=1"]) == 0

    with Path("runs/tiny/1/metrics.csv").open() as file:
        logged = {float(row["lr"]) for row in csv.DictReader(file) if row["lr"]}
    assert logged == {0.001}


PLATEAU = [
    "--model.schedule={class_path: Plateau, monitor: val/loss, threshold: 1, patience: 0, factor: 0.5}",
    "--model.schedule.warmup_steps=2",
    "--model.decoder.dropout=0",
    "--checkpoint.save_top_k=-1",
    "--checkpoint.filename='{step}'",
    "--checkpoint.monitor=null",
]


@pytest.mark.parametrize("every", [1, 2])
def test_a_run_resumed_from_any_checkpoint_has_seen_what_the_whole_one_has(tiny: Path, every: int) -> None:
    words = [*PLATEAU, f"--trainer.check_val_every_n_epoch={every}", "--trainer.max_epochs=4"]
    whole = _fitted(tiny, *words)
    plateau = whole.trainer.lr_scheduler_configs[0].scheduler
    assert plateau.reduction < 1

    checkpoints = sorted(tiny.parent.glob("*/checkpoints/step*.ckpt"))
    assert len(checkpoints) > 1
    for checkpoint in checkpoints:
        resumed = _fitted(tiny, *words, checkpoint=checkpoint)
        again = resumed.trainer.lr_scheduler_configs[0].scheduler
        assert again.state_dict() == plateau.state_dict(), checkpoint
        torch.testing.assert_close(resumed.model.state_dict(), whole.model.state_dict(), rtol=0, atol=0)


def test_a_metric_that_is_not_logged_is_an_error_with_a_suggestion(tiny: Path) -> None:
    with pytest.raises(ConfigError, match=r"got 'val/miou', which is not logged \(did you mean 'val/mIoU'\?\)"):
        _fitted(tiny, "--model.schedule={class_path: Plateau, monitor: val/miou}")


@pytest.mark.parametrize(
    ("often", "expected"),
    [
        ("--trainer.check_val_every_n_epoch=1", 2),
        ("--trainer.check_val_every_n_epoch=2", 1),
        ("--trainer.val_check_interval=1", 6),
    ],
)
def test_every_validation_of_the_training_is_observed_and_no_other(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, often: str, expected: int
) -> None:
    seen: list[float] = []
    monkeypatch.setattr(Plateau, "observe", lambda self, value: seen.append(value))

    cli = _fitted(tiny, *PLATEAU, often, "--trainer.num_sanity_val_steps=1", "--trainer.max_epochs=2")
    cli.trainer.validate(cli.model, datamodule=cli.datamodule, verbose=False)

    assert len(seen) == expected


def test_a_checkpoint_from_before_there_were_groups_goes_on(trained: Path, tiny: Path) -> None:
    content = torch.load(trained / "checkpoints" / "last.ckpt", weights_only=True)
    content[CHECKPOINT_KEY]["config"]["model"].pop("parameter_groups", None)
    for group in content["optimizer_states"][0]["param_groups"]:
        group.pop("name", None)
    for name in ("Timing", "Results"):  # which came later
        content["callbacks"].pop(name)
    torch.save(content, tiny.parent / "old.ckpt")

    cli = _fitted(tiny, "--trainer.max_epochs=3", checkpoint=tiny.parent / "old.ckpt")

    assert cli.trainer.global_step == 9
