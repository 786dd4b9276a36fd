"""Which of a run's processes this is, and how many devices share its images. Imports no torch by itself."""

import os
import sys
from types import ModuleType


def is_first_process() -> bool:
    """Return whether this is rank 0, as the launcher's environment tells it; alone it is."""
    if "RANK" in os.environ:  # torchrun, also inside a SLURM job
        return int(os.environ["RANK"]) == 0
    # Lightning starts processes by LOCAL_RANK in an interactive SLURM job too, where SLURM_PROCID is 0 in all of them
    return not any(int(os.environ.get(variable, 0)) for variable in ("SLURM_PROCID", "NODE_RANK", "LOCAL_RANK"))


def process_group() -> ModuleType | None:
    """Return ``torch.distributed`` once it connects the processes; None before, and for a process alone."""
    distributed = sys.modules.get("torch.distributed")
    return distributed if distributed and distributed.is_available() and distributed.is_initialized() else None


def num_devices() -> int:
    """Return how many devices share the images."""
    group = process_group()
    return group.get_world_size() if group else 1


def device_index() -> int:
    """Return the number of this process among those that share the images, from 0."""
    group = process_group()
    return group.get_rank() if group else 0
