"""What a step learns does not depend on how many batches and devices share its images."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import GradientAccumulationScheduler
from torch import Tensor, nn

from segcli.backbones.base import Backbone
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.sample_dataset import SampleDataset
from segcli.decoders.fpn import FPN
from segcli.experiment.quiet import quiet
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.optim.sgd import SGD
from segcli.prediction import DensePrediction, Prediction
from segcli.sample import IGNORE_INDEX, Batch
from segcli.task import SegmentationTask
from segcli.transforms.seeded_compose import SeededCompose

CLASSES = ("a", "b", "c")


class Noise(SampleDataset):
    """Images of noise with unequal numbers of ignored pixels."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def __len__(self) -> int:
        return self.length

    def paths(self) -> list[str]:
        return [f"{index}" for index in range(self.length)]

    def sizes(self) -> list[tuple[int, int]]:
        return [(8, 8)] * self.length

    def load(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        random = np.random.default_rng(index)
        mask = random.integers(len(CLASSES), size=(8, 8), dtype=np.uint8)
        mask[: index % 8] = IGNORE_INDEX
        return random.integers(256, size=(8, 8, 3), dtype=np.uint8), mask


class NoiseData(SegmentationDataModule):
    classes = CLASSES
    palette = np.zeros((3, 3), np.uint8)

    def __init__(self, length: int, batch_size: int, val_batch_size: int = 2) -> None:
        super().__init__(batch_size, val_batch_size, 0, None, None)
        self.length = length

    def make_dataset(self, split: Split, transform: SeededCompose) -> Noise:
        return Noise(self.length)


@cache
def _backbone() -> Backbone:
    """A backbone that is not used."""
    return TimmBackbone("test_resnet.r160_in1k", pretrained=False)


class Linear(SegmentationTask):
    """A task whose model is one convolution, without batch norms."""

    def __init__(self, loss: Loss) -> None:
        super().__init__(_backbone(), FPN, loss, SGD, CLASSES)
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)

    def configure_model(self) -> None:
        torch.manual_seed(0)
        nn.init.normal_(self.convolution.weight, std=0.1)
        nn.init.zeros_(self.convolution.bias)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.convolution.parameters(), lr=0.5)

    def forward(self, image: Tensor) -> Tensor:
        return self.convolution(image.float() / 255)

    def prediction(self, image: Tensor) -> Prediction:
        return DensePrediction(self(image), (image.shape[2], image.shape[3]))


def train(loss: Loss, data: SegmentationDataModule, **options: Any) -> tuple[Tensor, dict[str, float]]:  # noqa: ANN401  (of the trainer)
    """Train an epoch, or as long as the options say; return the weights, and what was measured."""
    quiet()
    none = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = pl.Trainer(**{"accelerator": "cpu", "max_epochs": 1, "num_sanity_val_steps": 0, **none, **options})
    task = Linear(loss)
    trainer.fit(task, datamodule=data)
    return task.convolution.weight.detach(), {name: float(value) for name, value in trainer.callback_metrics.items()}


def batches_of(data: SegmentationDataModule, epochs: int) -> list[Batch]:
    data.setup("fit")
    loader: Any = data.train_dataloader()
    batches = []
    for epoch in range(epochs):
        loader.sampler.set_epoch(epoch)
        batches += list(loader)
    return batches


def by_hand(loss: Loss, steps: list[list[Batch]]) -> Tensor:
    """Return the weights after steps of a loop without Lightning, each on all its images at once."""
    task = Linear(loss)
    task.configure_model()
    optimizer = task.configure_optimizers()
    for batches in steps:
        optimizer.zero_grad()
        images, masks = torch.cat([b["image"] for b in batches]), torch.cat([b["mask"] for b in batches])
        loss(task(images), masks).backward()
        optimizer.step()
    return task.convolution.weight.detach()


LOSSES = [
    CrossEntropyLoss([1.0, 0.3, 2.0], label_smoothing=0.1),
    WeightedSum([CrossEntropyLoss(), WeightedSum([FocalLoss(), DiceLoss(per_image=True)], [2.0, 0.5])]),
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batches", [1, 2, 4])
@pytest.mark.parametrize("clipped", [None, 0.05])
def test_accumulated_batches_train_like_one(loss: Loss, batches: int, clipped: float | None) -> None:
    data, options = NoiseData(16, 8 // batches), {"gradient_clip_val": clipped, "max_epochs": 2}

    found, measured = train(loss, data, accumulate_grad_batches=batches, **options)

    expected, of_whole = train(loss, NoiseData(16, 8), **options)
    torch.testing.assert_close(found, expected, rtol=0, atol=5e-7)
    assert measured["val/loss"] == pytest.approx(of_whole["val/loss"], rel=1e-6)
    assert measured["train/loss"] == pytest.approx(of_whole["train/loss"], rel=1e-6)


@pytest.mark.parametrize("limit", [None, 5])
def test_a_last_step_of_fewer_batches_is_a_whole_one(limit: int | None) -> None:
    """Five batches of 2: two steps of 4 images and one of 2, where an epoch ends or is cut."""
    loss = CrossEntropyLoss()
    data, options = NoiseData(10 if limit is None else 16, 2), {} if limit is None else {"limit_train_batches": limit}

    found, _ = train(loss, data, accumulate_grad_batches=2, **options)

    batches = batches_of(data, epochs=1)
    torch.testing.assert_close(found, by_hand(loss, [batches[:2], batches[2:4], batches[4:5]]), rtol=0, atol=5e-7)


def test_accumulation_may_begin_with_an_epoch() -> None:
    loss, scheduler = CrossEntropyLoss(), GradientAccumulationScheduler({1: 2})

    found, _ = train(loss, NoiseData(8, 4), max_epochs=2, callbacks=[scheduler])

    batches = batches_of(NoiseData(8, 4), epochs=2)
    torch.testing.assert_close(found, by_hand(loss, [batches[:1], batches[1:2], batches[2:]]), rtol=0, atol=5e-7)


@pytest.mark.parametrize("loss", [*LOSSES, DiceLoss()])
def test_the_value_of_a_split_does_not_depend_on_its_batches(loss: Loss) -> None:
    values = [train(loss, NoiseData(7, 7, size))[1]["val/loss"] for size in (1, 3, 7)]

    assert values == pytest.approx([values[0]] * 3, rel=2e-6)
