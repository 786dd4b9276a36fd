import math
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fpn import FPN
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.sample import Batch
from segcli.task import SegmentationTask


def _task(classes: tuple[str, ...] = ("a", "b", "c"), **arguments: object) -> SegmentationTask:
    task = SegmentationTask(
        TimmBackbone("test_resnet.r160_in1k", pretrained=False),
        partial(FPN, pyramid_channels=32, segmentation_channels=64),
        CrossEntropyLoss(),
        AdamW,
        classes,
        **arguments,  # type: ignore[arg-type]
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
    task, logged = _task().eval(), {}
    monkeypatch.setattr(task, "log_dict", logged.update)
    monkeypatch.setattr(task, "forward", lambda image: torch.tensor([5.0, 0, 0]).view(1, 3, 1, 1).expand(2, 3, 8, 8))
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[0, :4] = 1
    labels[1, 0] = 255
    task.validation_step(_batch(labels), 0)
    task.on_validation_epoch_end()
    assert logged["val/IoU/a"] == pytest.approx(88 / 120)
    assert logged["val/IoU/b"] == 0
    assert "val/IoU/c" not in logged
    assert logged["val/mIoU"] == pytest.approx(88 / 240)
    assert math.isfinite(logged["val/loss"])


def test_the_validation_loss_is_the_mean_over_images_not_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    task, logged = _task().eval(), {}
    monkeypatch.setattr(task, "log_dict", logged.update)
    losses = iter([torch.tensor(1.0), torch.tensor(4.0)])
    task.loss = _Next(losses)
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


def test_one_class_is_no_task() -> None:
    with pytest.raises(ValueError, match=r"1 class \(cell\), expected at least 2"):
        _task(("cell",))
