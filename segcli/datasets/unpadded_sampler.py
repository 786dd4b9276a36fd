"""Share batches among devices without repeating any."""

from collections.abc import Iterator, Sized

import torch.distributed as dist
from torch.utils.data.distributed import DistributedSampler


class UnpaddedSampler(DistributedSampler[int]):
    """Give every device each n-th item, none twice.

    Torch's sampler repeats items until every device has equally many, which changes metrics. Lightning leaves a
    ``DistributedSampler`` alone and would wrap any other.

    Args:
        items: What is shared.
        num_devices: Number of devices; None asks the process group.
        rank: Number of this device, from 0; None asks the process group.
    """

    def __init__(self, items: Sized, num_devices: int | None = None, rank: int | None = None) -> None:
        self.items = items
        self.num_devices = dist.get_world_size() if num_devices is None else num_devices
        self.rank = dist.get_rank() if rank is None else rank

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: evaluation is the same in every epoch."""

    def __len__(self) -> int:
        """Return the number of this device's items."""
        return len(range(self.rank, len(self.items), self.num_devices))

    def __iter__(self) -> Iterator[int]:
        """Iterate over this device's items."""
        return iter(range(self.rank, len(self.items), self.num_devices))
