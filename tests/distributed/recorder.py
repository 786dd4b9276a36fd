"""A callback that tells what every process was trained on; copied into the working directory of a run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor


def signature(batch: Any) -> list[tuple[str, str]]:  # noqa: ANN401  (a Batch; this file is copied to where no test is)
    """Return name and content of every image of a batch."""
    return [(path, _digest(image)) for path, image in zip(batch["path"], batch["image"], strict=True)]


class Recorder(pl.Callback):
    """Write ``steps_<rank>.json``: the images of each step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[list[tuple[str, str]]] = []

    def on_train_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: dict[str, Any],
        batch_idx: int,
    ) -> None:
        self.steps.append(signature(batch))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        Path(f"steps_{trainer.global_rank}.json").write_text(json.dumps(self.steps))


def _digest(image: Tensor) -> str:
    return hashlib.sha256(image.contiguous().numpy().tobytes()).hexdigest()[:16]
