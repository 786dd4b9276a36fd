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
        self._sum = value if self._sum is None else self._sum.to(value.device) + value
        self._weight += weight

    def compute(self, reduce: bool = False) -> float:
        """Return the mean, NaN if nothing was added.

        Args:
            reduce: Whether to take the mean over all processes.
        """
        total, weight = self._totals(reduce)
        return total / weight if weight else math.nan

    def reset(self) -> None:
        """Forget what was added."""
        self._sum, self._weight = None, 0.0

    def state(self) -> tuple[float, float]:
        """Return sum and weight for a checkpoint; of several processes the means, so that each can go on with them."""
        processes = dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1
        total, weight = self._totals(reduce=True)
        return total / processes, weight / processes

    def load(self, state: tuple[float, float]) -> None:
        """Go on with what :meth:`state` returned."""
        total, self._weight = state
        self._sum = torch.tensor(total) if self._weight else None

    def _totals(self, reduce: bool) -> tuple[float, float]:
        if not (reduce and dist.is_available() and dist.is_initialized()):
            return (float(self._sum), self._weight) if self._sum is not None else (0.0, 0.0)
        device = torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else None
        total = torch.zeros((), device=device) if self._sum is None else self._sum.to(device)
        pair = torch.stack([total, total.new_tensor(self._weight)])
        dist.all_reduce(pair)
        total_sum, total_weight = pair.tolist()
        return total_sum, total_weight
