"""A mean that is summed on the device and read rarely, since reading waits for the device."""

import math

import torch
from torch import Tensor
from torch import distributed as dist


class RunningMean:
    """Mean of scalars, each with a weight."""

    def __init__(self) -> None:
        self._sum: Tensor | None = None
        self._weight = 0.0

    def update(self, value: Tensor, weight: float = 1.0) -> None:
        """Add one scalar tensor; its graph is not kept."""
        value = value.detach().float() * weight
        self._sum = value if self._sum is None else self._sum + value
        self._weight += weight

    def compute(self, reduce: bool = False) -> float:
        """Return the mean, NaN if nothing was added.

        Args:
            reduce: Whether to take the mean over all processes.
        """
        if not (reduce and dist.is_available() and dist.is_initialized()):
            return float(self._sum) / self._weight if self._sum is not None else math.nan
        device = torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else None
        total = torch.zeros((), device=device) if self._sum is None else self._sum
        pair = torch.stack([total, total.new_tensor(self._weight)])
        dist.all_reduce(pair)
        total_sum, total_weight = pair.tolist()
        return total_sum / total_weight if total_weight else math.nan

    def reset(self) -> None:
        """Forget what was added."""
        self._sum, self._weight = None, 0.0
