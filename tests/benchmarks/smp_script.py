"""Train with smp and stock Lightning as smp's CamVid notebook does it; the other side of ``bench_smp``.

    python -m tests.benchmarks.smp_script FOLDER OPTIONS

OPTIONS is a JSON object. Prints the seconds of ``trainer.fit``.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import albumentations as A
import numpy as np
import pytorch_lightning as pl
import segmentation_models_pytorch as smp
import torch
from albumentations.pytorch import ToTensorV2
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Pair = tuple[Tensor, Tensor]


class Folder(Dataset[Pair]):
    def __init__(self, split: Path, transforms: list[A.BasicTransform]) -> None:
        self.images = sorted((split / "images").iterdir())
        self.transform = A.Compose([*transforms, A.Normalize(), ToTensorV2()])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Pair:
        path = self.images[index]
        image = np.array(Image.open(path).convert("RGB"))
        mask = np.array(Image.open(path.parent.parent / "labels" / path.name))
        sample = self.transform(image=image, mask=mask)
        return sample["image"], sample["mask"].long()


class Model(pl.LightningModule):
    def __init__(self, encoder: str, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.model = smp.FPN(encoder, encoder_weights=None, classes=classes)
        self.loss = smp.losses.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=255)
        self.outputs: dict[str, list[tuple[Tensor, ...]]] = {"train": [], "val": []}

    def shared_step(self, batch: Pair, stage: str) -> Tensor:
        image, mask = batch
        logits = self.model(image)
        loss = self.loss(logits, mask)
        found = logits.argmax(1)
        stats = smp.metrics.get_stats(found, mask, mode="multiclass", num_classes=self.classes, ignore_index=255)
        self.outputs[stage].append(stats)
        self.log(f"{stage}_loss", loss, prog_bar=True)
        return loss

    def epoch_end(self, stage: str) -> None:
        stats = [torch.cat(parts) for parts in zip(*self.outputs[stage], strict=True)]
        self.outputs[stage].clear()
        self.log(f"{stage}_dataset_iou", smp.metrics.iou_score(*stats, reduction="micro"), prog_bar=True)

    def training_step(self, batch: Pair, batch_idx: int) -> Tensor:
        return self.shared_step(batch, "train")

    def validation_step(self, batch: Pair, batch_idx: int) -> Tensor:
        return self.shared_step(batch, "val")

    def on_train_epoch_end(self) -> None:
        self.epoch_end("train")

    def on_validation_epoch_end(self) -> None:
        self.epoch_end("val")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def fit(folder: Path, options: dict[str, Any]) -> float:
    """Return the seconds of ``trainer.fit``."""
    crop, (height, width) = options["crop_px"], options["image_px"]
    pad = [A.PadIfNeeded(-(-height // 32) * 32, -(-width // 32) * 32, fill=0, fill_mask=255)]
    size, workers = options["batch_size"], options["workers"]
    train = DataLoader(
        Folder(folder / "train", [A.RandomCrop(crop, crop), A.HorizontalFlip()]),
        batch_size=size,
        num_workers=workers,
        shuffle=True,
        drop_last=True,
    )
    val = DataLoader(Folder(folder / "val", pad), batch_size=size, num_workers=workers)
    with tempfile.TemporaryDirectory() as root:
        trainer = pl.Trainer(
            max_epochs=options["epochs"],
            precision=options["precision"],
            devices=1,
            default_root_dir=root,
            log_every_n_steps=1,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
        )
        model = Model(f"tu-{options['model']}", options["classes"])
        start = time.perf_counter()
        trainer.fit(model, train, val)
        return time.perf_counter() - start


if __name__ == "__main__":
    print(fit(Path(sys.argv[1]), json.loads(sys.argv[2])))
