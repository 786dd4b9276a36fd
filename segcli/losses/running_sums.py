"""Sums that are added up on the device and read rarely, since reading waits for the device."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch import distributed as dist

from segcli.processes import num_devices

Sums = Sequence[Sequence[Tensor]]


class RunningSums:
    """Add up the tensors of batches, each to that of the same place, in float64 (float32 on Apple's GPUs)."""

    def __init__(self) -> None:
        self._total: Tensor | None = None
        self._shapes: list[list[torch.Size]] = []

    def __bool__(self) -> bool:
        """Return whether something was added."""
        return self._total is not None

    def update(self, sums: Sums) -> None:
        """Add lists of tensors of any shape and number type, always the same; their graph is not kept."""
        flat = flattened(sums)
        self._total = flat if self._total is None else self._total.to(flat.device) + flat
        self._shapes = [[part.shape for part in each] for each in sums]

    def compute(self, reduce: bool = False) -> list[tuple[Tensor, ...]]:
        """Return what was added, on the CPU; nothing if nothing was.

        Args:
            reduce: Whether to add up those of all processes, which all have to call this, and have added something.
        """
        if self._total is None:
            return []
        total = self._total
        if reduce and num_devices() > 1:
            device = torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else None
            total = total.to(device, copy=True)
            dist.all_reduce(total)
        return unflattened(total.cpu(), self._shapes)

    def reset(self) -> None:
        """Forget what was added."""
        self._total = None

    def state(self) -> list[tuple[Tensor, ...]]:
        """Return the sums for a checkpoint; of several processes the means, so that each can resume with them."""
        return [tuple(part / num_devices() for part in each) for each in self.compute(reduce=True)]

    def load(self, state: Sums) -> None:
        """Resume with what :meth:`state` returned."""
        self.reset()
        if state:
            self.update(state)


def flattened(sums: Sums) -> Tensor:
    """Return the numbers of all tensors, one behind the other, in float64 (float32 on Apple's GPUs), without graph."""
    exact = torch.float64 if sums[0][0].device.type != "mps" else torch.float32
    return torch.cat([part.detach().to(exact).flatten() for each in sums for part in each])


def unflattened(flat: Tensor, shapes: Sequence[Sequence[torch.Size]]) -> list[tuple[Tensor, ...]]:
    """Return tensors of these shapes from :func:`flattened` ones."""
    parts = iter(torch.split(flat, [shape.numel() for each in shapes for shape in each]))
    return [tuple(next(parts).view(shape) for shape in each) for each in shapes]
