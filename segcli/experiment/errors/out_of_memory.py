"""Say of an exhausted memory which batch did not fit, and what to lower."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.memory import is_oom_error

from segcli.callbacks.current_batch import CurrentBatch
from segcli.config.errors import ConfigError, Problem
from segcli.losses.criterion import Criterion

_SIGNS = (
    *("out of memory", "DefaultCPUAllocator: can't allocate memory", "not enough memory: you tried to allocate"),
    *("CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "Insufficient memory", "Unable to allocate"),
)
_ASKED = re.compile(r"(?:tried to|Unable to|Failed to) allocate ([\d.]+) ?(bytes|[KMGTP]i?B)", re.IGNORECASE)
_KILLED = re.compile(r"DataLoader worker \(pid\(?s?\)? [\d, ]+\) (?:is killed by signal: (\w+)|exited unexpectedly)")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_STAGES = {"train": "training", "validate": "validation", "test": "the test", "predict": "prediction"}


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory is exhausted, of a GPU or of the machine."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or is_oom_error(error):
        return True
    is_candidate = isinstance(error, RuntimeError) or type(error).__module__ == "cv2"
    return is_candidate and any(sign in str(error) for sign in _SIGNS)


def explain(error: BaseException, trainer: pl.Trainer, batch: CurrentBatch) -> ConfigError | None:
    """Return what to tell of an error, or None if it is not one of memory.

    Args:
        error: What the trainer raised.
        trainer: It.
        batch: The batch that it was at.
    """
    if killed := _KILLED.search(str(error)):
        return ConfigError([Problem(_of_worker(killed[1], trainer))])
    if not is_out_of_memory(error):
        return None
    if "DataLoader worker" in str(error):
        return ConfigError([Problem(_of_worker(None, trainer))])
    device = trainer.strategy.root_device
    memory = memory_bytes(device)
    where = f"{'the CPU' if device.type == 'cpu' else device}{f' ({_size(memory)})' if memory else ''}"
    what = f"a batch of {'x'.join(map(str, batch.shape))} (images x channels x height x width)" if batch.shape else ""
    asked = _ASKED.search(str(error))
    more = f", which asked for {_asked(asked)} more" if asked else ""
    lines = [
        f"out of memory on {where} in {_STAGES.get(batch.stage, 'the first step')}: "
        f"{what or 'no batch was begun'} in precision {trainer.precision}{more}; what helps, one or several:",
        *(f"  {line}" for line in remedies(trainer, batch)),
    ]
    return ConfigError([Problem("\n".join(lines))])


def remedies(trainer: pl.Trainer, batch: CurrentBatch) -> Iterator[str]:
    """Yield what to lower, as far as it is not that low already."""
    images = batch.shape[0] if batch.shape else 0
    backbone = getattr(getattr(trainer.lightning_module, "segmenter", None), "backbone", None)
    training = batch.stage in ("train", "")
    if training and images != 1:
        half = f"{images // 2}" if images else "smaller"
        steps = 2 * trainer.accumulate_grad_batches
        less = f"--data.batch_size {half} --trainer.accumulate_grad_batches {steps}"
        yield f"{less}   as many images per optimizer step, {_of_gradients(trainer)}"
    if training:
        yield "smaller crops in data.train_transforms, as in segcli:augment with --vars.crop 256"
    elif images != 1:
        yield f"--data.val_batch_size {images // 2}   fewer images at once, same scores{_of_values(trainer)}"
    else:
        yield "smaller images in data.val_transforms, or on disk; one image at a time is the least"
    if training and not getattr(backbone, "gradient_checkpointing", False):
        yield "--model.backbone.gradient_checkpointing true   a third more time, same results"
    if str(trainer.precision).startswith("32"):
        yield "--trainer.precision bf16-mixed   activations in half the memory"
    if trainer.strategy.root_device.type == "cpu" and _workers(trainer):
        yield "--data.num_workers 0   loader processes share the memory"


def _of_gradients(trainer: pl.Trainer) -> str:
    """Return how the gradients of accumulated batches are to those of a large one."""
    others = _parts(trainer, large=True)
    if others:
        return f"but another gradient: {others} would be of smaller batches, then averaged"
    return "same gradient of the loss (batch norms see smaller batches)"


def _of_values(trainer: pl.Trainer) -> str:
    """Return which loss of a split depends on the batches that it is cut into."""
    others = _parts(trainer, large=False)
    return f", but another loss: {others} would be of smaller batches, then averaged" if others else ""


def _parts(trainer: pl.Trainer, large: bool) -> str:
    """Return which parts of the loss are not those of one large batch, or of a split, when there are smaller ones."""
    criterion = getattr(trainer.lightning_module, "criterion", None)
    if not isinstance(criterion, Criterion):
        return ""
    return ", ".join(sorted(set(criterion.of_large_batches() if large else criterion.of_batches())))


def memory_bytes(device: torch.device) -> int | None:
    """Return the memory of a device, or of the machine as far as this process may use it; None if not known."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if device.type != "cpu" or not hasattr(os, "sysconf"):
        return None
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP_LIMIT.read_text(encoding="utf-8").strip() if _CGROUP_LIMIT.is_file() else "max"
    return min(physical, int(limit)) if limit.isdigit() else physical


def _of_worker(signal: str | None, trainer: pl.Trainer) -> str:
    """Return what to tell of a loader process that ended."""
    workers = _workers(trainer)
    fewer = f"--data.num_workers {workers // 2}"
    if signal == "Bus":
        return (
            f"a loader process ended with a bus error: shared memory (/dev/shm) is full with {workers} workers; set "
            f"{fewer}, or enlarge it (docker run --shm-size 8g)"
        )
    how = f"was ended from outside (signal {signal})" if signal else "ran out of memory or ended unexpectedly"
    return (
        f"a loader process {how}, most likely as the machine's memory was exhausted; set {fewer}, a smaller "
        "--data.batch_size, or look for images too large to decode"
    )


def _workers(trainer: pl.Trainer) -> int:
    return int(getattr(getattr(trainer, "datamodule", None), "workers", 0))


def _asked(found: re.Match[str]) -> str:
    return _size(int(float(found[1]))) if found[2].lower() == "bytes" else f"{found[1]} {found[2]}"


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
