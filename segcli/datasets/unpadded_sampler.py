"""Share batches among devices without repeating any."""

import math
from collections.abc import Iterator, Sized

from torch.utils.data.distributed import DistributedSampler

from segcli import processes
from segcli.processes import device_index


class UnpaddedSampler(DistributedSampler[int | None]):
    """Give every device each n-th item, none twice, and None to those that would get one item less.

    Torch's sampler repeats items until every device has equally many, which changes metrics. But devices must take
    equally many steps: DDP and FSDP talk to each other in each, and Lightning refuses a device without any. So None
    stands for a step that counts for nothing.

    Lightning leaves a ``DistributedSampler`` alone and would wrap any other.

    Args:
        items: What is shared.
        num_devices: Number of devices; None asks the process group.
        rank: Number of this device, from 0; None asks the process group.
    """

    def __init__(self, items: Sized, num_devices: int | None = None, rank: int | None = None) -> None:
        self.items = items
        self.num_devices = processes.num_devices() if num_devices is None else num_devices
        self.rank = device_index() if rank is None else rank

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: evaluation is the same in every epoch."""

    def __len__(self) -> int:
        """Return the number of steps, the same on every device."""
        return math.ceil(len(self.items) / self.num_devices)

    def __iter__(self) -> Iterator[int | None]:
        """Iterate over this device's items, then over None if others have one more."""
        own = range(self.rank, len(self.items), self.num_devices)
        return iter([*own, *[None] * (len(self) - len(own))])
