"""How long a training takes, and what it costs."""

import csv
import io
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch

from segcli.disk import write_text
from segcli.runs.passport import Passport
from segcli.runs.run_folder import TIMING
from segcli.sample import Batch

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


class TimingRow(NamedTuple):
    """One validation, or the end of a run without any; see :class:`segcli.runs.stored_run.Point`."""

    epoch: int
    step: int
    train_s: float
    elapsed_s: float
    images_per_s: float


class Timing(pl.Callback):
    """Write ``timing.csv``, a row per validation, and the run's costs to the passport.

    Seconds of training leave out validation, pictures and checkpoints, but not the wait for data. Those of an
    interrupted run resume where its checkpoint was written.

    Args:
        passport: The record of the run; None in processes that write none.
        flops_per_image: Floating-point operations of one forward pass, if they are known.
        num_parameters: Of the model, if that is known; else those of the module are counted, of which a process of
            FSDP holds a part only.
    """

    def __init__(
        self,
        passport: Passport | None = None,
        flops_per_image: float | None = None,
        num_parameters: int | None = None,
    ) -> None:
        super().__init__()
        self._passport, self._flops, self._num_parameters = passport, flops_per_image, num_parameters
        self._rows: list[TimingRow] = []
        self._train_s, self._elapsed_s, self._num_images, self._peak_bytes = 0.0, 0.0, 0, 0
        self._begun_at: float | None = None
        self._training_since: float | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return times until now, for a checkpoint."""
        spent = {"train_s": self._trained(), "elapsed_s": self._elapsed(), "num_images": self._num_images}
        return {**spent, "peak_bytes": self._peak_bytes, "rows": [tuple(row) for row in self._rows]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume with the times of an interrupted run."""
        self._train_s, self._elapsed_s = state_dict["train_s"], state_dict["elapsed_s"]
        self._num_images, self._peak_bytes = state_dict["num_images"], state_dict["peak_bytes"]
        self._rows = [TimingRow(*row) for row in state_dict["rows"]]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self._begun_at = self._training_since = time.perf_counter()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on after a validation: from here on, training waits for data."""
        self._resume()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Go on after a validation within an epoch."""
        self._resume()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Count the images of all devices."""
        self._num_images += len(batch["image"]) * trainer.world_size

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop the clock of training."""
        self._pause()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write a row."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._note(trainer, trainer.current_epoch + 1)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the costs."""
        self._pause()
        self._peak_bytes = max(self._peak_bytes, peak_memory(trainer.strategy.root_device))
        if not self._rows or self._rows[-1].step != trainer.global_step:
            self._note(trainer, trainer.current_epoch)
        if self._passport is None:
            return
        rates = [row.images_per_s for row in self._rows]
        parameters = self._num_parameters or sum(p.numel() for p in pl_module.parameters())
        self._passport.add(
            cost={
                "parameters": parameters,
                "flops_per_image": self._flops,
                "images_per_s": statistics.median(rates[1:] or rates),  # the first interval holds the warm-up
                "train_s": self._trained(),
                "elapsed_s": self._elapsed(),
                "peak_memory_bytes": self._peak_bytes,
                "device": device_name(trainer.strategy.root_device, trainer.world_size),
            }
        )

    def _note(self, trainer: pl.Trainer, epoch: int) -> None:
        before = self._rows[-1].train_s if self._rows else 0.0
        seconds = self._trained() - before
        rate = self._num_images / seconds if seconds > 0 else 0.0
        self._num_images = 0
        self._peak_bytes = max(self._peak_bytes, peak_memory(trainer.strategy.root_device))
        times = (round(self._trained(), 3), round(self._elapsed(), 3), round(rate, 3))
        self._rows.append(TimingRow(epoch, trainer.global_step, *times))
        if trainer.is_global_zero:
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows([TimingRow._fields, *self._rows])
            write_text(Path(trainer.default_root_dir) / TIMING, buffer.getvalue())

    def _resume(self) -> None:
        if self._training_since is None:
            self._training_since = time.perf_counter()

    def _pause(self) -> None:
        self._train_s, self._training_since = self._trained(), None

    def _trained(self) -> float:
        return self._train_s + (0.0 if self._training_since is None else time.perf_counter() - self._training_since)

    def _elapsed(self) -> float:
        return self._elapsed_s + (0.0 if self._begun_at is None else time.perf_counter() - self._begun_at)


def peak_memory(device: torch.device) -> int:
    """Return the most bytes in use so far: of a GPU those of tensors, else the resident memory of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def device_name(device: torch.device, number: int) -> str:
    """Return what a training ran on, as ``2 x NVIDIA H100`` or ``cpu``."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return name if number == 1 else f"{number} x {name}"
