"""What `fit` adds to a training step: ``python -m tests.benchmarks.bench_fit [--camvid]``.

Tiny model: the same backbone, decoder, loss and optimizer in a bare loop, in stock Lightning (a LightningModule that
logs one loss with ``self.log``), and in the task with everything that ``fit`` adds (callbacks, loggers, pictures,
records). Batches are ready in memory. Rounds are interleaved; figures are medians of the milliseconds per step.

With ``--camvid``: FPN with EfficientNet-Lite0 on CamVid crops of 256 px, both sides from the same batches in memory.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from segcli.backbones.base import Backbone
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.callbacks.current_batch import CurrentBatch
from segcli.callbacks.finite_loss import FiniteLoss
from segcli.callbacks.last_checkpoint import LastCheckpoint
from segcli.callbacks.pictures import Pictures
from segcli.callbacks.progress import ProgressLines
from segcli.callbacks.results import Results
from segcli.callbacks.run_record import RunRecord
from segcli.callbacks.timing import Timing
from segcli.decoders.fpn import FPN
from segcli.experiment.quiet import quiet
from segcli.features import FeatureSpec
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.optim.poly import Poly
from segcli.runs.loggers import default_loggers
from segcli.runs.passport import Passport
from segcli.runs.run_folder import RunFolder
from segcli.sample import Batch
from segcli.task import SegmentationTask


class TinyBackbone(Backbone):
    """One convolution, so that a step costs less than what surrounds it."""

    features = (FeatureSpec(8, 2),)
    in_channels, size_multiple = 3, 2
    mean = std = (0.5, 0.5, 0.5)

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 2, 2)

    def forward(self, image: Tensor) -> list[Tensor]:
        return [self.conv(image)]


class Batches(Dataset[Batch]):
    """Ready batches, over and over."""

    def __init__(self, steps: int, batch_size: int, size_px: int, classes: int) -> None:
        generator = torch.Generator().manual_seed(0)
        image = torch.randint(0, 256, (batch_size, 3, size_px, size_px), dtype=torch.uint8, generator=generator)
        mask = torch.randint(0, classes, (batch_size, size_px, size_px), dtype=torch.uint8, generator=generator)
        size = [(size_px, size_px)] * batch_size
        self.batch, self.steps = Batch(image=image, mask=mask, path=["x"] * batch_size, size=size), steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Batch:
        if index >= self.steps:
            raise IndexError
        return self.batch


class Stock(pl.LightningModule):
    """The same model as users of plain Lightning write it."""

    def __init__(self, task: SegmentationTask) -> None:
        super().__init__()
        task.configure_model()
        assert task.segmenter is not None
        self.segmenter, self.loss, self.total = task.segmenter, task.loss, 0

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self.loss(self.segmenter(batch["image"]), batch["mask"])
        self.log("train/loss", loss)
        return loss

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        optimizer = AdamW(self.parameters())
        schedule = Poly(optimizer, int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def make_task(backbone: Callable[[], Backbone], channels: int, classes: int) -> SegmentationTask:
    decoder = partial(FPN, pyramid_channels=channels, segmentation_channels=max(32, channels // 2))
    names = [str(number) for number in range(classes)]
    torch.manual_seed(0)
    return SegmentationTask(backbone(), decoder, CrossEntropyLoss(), AdamW, names, schedule=Poly)


def bare(task: SegmentationTask, data: Batches, amp: bool) -> float:
    """Return seconds per step of a loop without any framework."""
    task.configure_model()
    assert task.segmenter is not None
    optimizer = AdamW(task.parameters())
    schedule = Poly(optimizer, len(data))
    task.train()
    start = time.perf_counter()
    for index in range(len(data)):
        batch = data[index]
        with torch.autocast("cpu", torch.bfloat16, enabled=amp):
            loss = task.loss(task.segmenter(batch["image"]), batch["mask"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return (time.perf_counter() - start) / len(data)


class Clock(pl.Callback):
    """Time from the first to the last training batch, as in the bare loop."""

    seconds = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.start = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seconds = time.perf_counter() - self.start


def fitted(module: pl.LightningModule, data: Batches, amp: bool, full: bool) -> float:
    """Return seconds per step of the trainer, with or without what segcli adds to it."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        callbacks: list[pl.Callback] = [clock]
        if full:
            passport = Passport(RunFolder(Path(folder)), ["bench"], 0, [])
            callbacks += [Pictures(), Results(), RunRecord({}, passport), ProgressLines(), FiniteLoss(), CurrentBatch()]
            callbacks += [Timing(passport), ModelCheckpoint(Path(folder) / "checkpoints"), LastCheckpoint()]
        trainer = pl.Trainer(
            max_epochs=1,
            accelerator="cpu",
            precision="bf16-mixed" if amp else "32-true",
            logger=default_loggers(Path(folder)),
            log_every_n_steps=10 if full else 50,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=full,
            default_root_dir=folder,
        )
        trainer.fit(module, DataLoader(data, batch_size=None))
    return clock.seconds / len(data)


def rounds(count: int, make: Callable[[], SegmentationTask], data: Batches, amp: bool) -> Iterator[tuple[float, ...]]:
    for _ in range(count):
        yield (
            bare(make(), data, amp),
            fitted(Stock(make()), data, amp, full=False),
            fitted(make(), data, amp, full=True),
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--camvid", action="store_true", help="FPN with EfficientNet-Lite0 at 256 px instead")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    quiet()
    torch.set_num_threads(options.threads)
    if options.camvid:
        make = partial(make_task, partial(TimmBackbone, "tf_efficientnet_lite0", pretrained=False), 256, 11)
        data = Batches(20, 8, 256, 11)
    else:
        make, data = partial(make_task, TinyBackbone, 32, 2), Batches(300, 1, 16, 2)
    found = list(rounds(options.rounds, make, data, amp=options.camvid))
    loop, stock, ours = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"bare loop        {loop * 1e3:8.2f} ms per step")
    print(f"stock Lightning  {stock * 1e3:8.2f} ms  + {(stock - loop) * 1e3:.2f} ms  {stock / loop:.3f}x")
    print(f"segcli fit       {ours * 1e3:8.2f} ms  + {(ours - loop) * 1e3:.2f} ms  {ours / loop:.3f}x")


if __name__ == "__main__":
    main()
