"""A mean that is summed on the device and read rarely, since reading waits for the device."""

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
        total = torch.zeros(()) if self._sum is None else self._sum
        pair = torch.stack([total.double(), torch.tensor(self._weight, device=total.device, dtype=torch.double)])
        if reduce and dist.is_available() and dist.is_initialized():
            dist.all_reduce(pair)
        return float(pair[0] / pair[1])

    def reset(self) -> None:
        """Forget what was added."""
        self._sum, self._weight = None, 0.0
