"""How many processes load images, where nobody says it."""

import os
from typing import Literal

Workers = int | Literal["auto"]
AUTO: Literal["auto"] = "auto"
MOST_DECODING, MOST_CACHED = 8, 4


def worker_count(asked: Workers, devices: int = 1, on_cpu: bool = True, is_cached: bool = False) -> int:
    """Return the number of processes that load images for a device.

    On a CPU none: a model that computes on all cores leaves none to others. Beside an accelerator, its share of the
    cores but one, at most 8 where images are decoded, and 4 where they come from a cache.

    Args:
        asked: Value of ``data.num_workers``.
        devices: Of the run on this machine.
        on_cpu: Whether the model computes on the CPU.
        is_cached: Whether images come from a cache.
    """
    if asked != AUTO:
        return asked
    if on_cpu:
        return 0
    return max(0, min(MOST_CACHED if is_cached else MOST_DECODING, _cores() // max(1, devices) - 1))


def _cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
