"""What a strategy for several devices cannot do here, said before anything is trained."""

import contextlib
import os
import time

import pytorch_lightning as pl
from pytorch_lightning.strategies import ModelParallelStrategy

GRACE_S = 5.0
_FEW_PROCESSES = 8
"""As many are started on a CPU also where it has fewer cores, to try out several devices."""


def check_strategy(trainer: pl.Trainer, sync_batchnorm: bool) -> None:
    """Refuse what would train wrongly, or fail in the first batch.

    Args:
        trainer: Has chosen its strategy and devices.
        sync_batchnorm: Value of ``trainer.sync_batchnorm``.

    Raises:
        ValueError: If so.
    """
    on_cpu = trainer.strategy.root_device.type == "cpu"
    cores = os.cpu_count() or 1
    if on_cpu and trainer.num_devices > max(cores, _FEW_PROCESSES):
        raise ValueError(
            f"trainer.devices got {trainer.num_devices} on the CPU, where each is a process, and this machine has "
            f"{cores} cores; set it to 1, which uses all of them"
        )
    if isinstance(trainer.strategy, ModelParallelStrategy):
        raise ValueError(
            "trainer.strategy got ModelParallelStrategy, which leaves it to the model to share its weights among "
            "devices, and this one does not: devices would train apart; set trainer.strategy to fsdp or ddp"
        )
    if sync_batchnorm and trainer.world_size > 1 and on_cpu:
        raise ValueError(
            "trainer.sync_batchnorm got true on CPUs, where torch has no SyncBatchNorm; set it to false, or "
            "trainer.accelerator to a GPU"
        )


def end_processes(trainer: pl.Trainer) -> None:
    """End the processes that this one has started, if they do not end by themselves: they may wait for it for ever."""
    started = getattr(trainer.strategy.launcher, "procs", [])
    end = time.monotonic() + GRACE_S
    while any(process.poll() is None for process in started) and time.monotonic() < end:
        time.sleep(0.05)
    for process in started:
        with contextlib.suppress(OSError):
            process.kill()
