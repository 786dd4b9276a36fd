"""A sampler that tells the dataset the epoch, shares batches among devices, and can begin in the middle."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data.distributed import DistributedSampler

from segcli import processes
from segcli.processes import device_index


class EpochSampler(DistributedSampler[tuple[int, int]]):
    """Yield ``(epoch, index)`` of this device's images, in an order that follows from (seed, epoch).

    Step k of an epoch takes the images k N to (k + 1) N of that order, N being ``batch_size`` times the number of
    devices, and each device an equal part of them: so n devices see in every step what one device with n times the
    batch size would. What remains at the end is left out, unless there is not one whole step; then the only step takes
    all images, and some twice where devices would get unequal parts.

    Lightning calls :meth:`set_epoch` before every epoch; it leaves a ``DistributedSampler`` alone and would wrap any
    other.

    Args:
        length: Number of images.
        batch_size: Images per step and device.
        seed: Seed of the run.
        shuffle: Whether the order changes with the epoch; otherwise it is that of the dataset.
        num_devices: Number of devices; None asks the process group.
        rank: Number of this device, from 0; None asks the process group.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        num_devices: int | None = None,
        rank: int | None = None,
    ) -> None:
        self.num_devices = num_devices or processes.num_devices()
        self.rank = device_index() if rank is None else rank
        self.length, self.batch_size, self.seed, self.shuffle = length, batch_size, seed, shuffle
        self.epoch = 0
        self._begin = (0, 0)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next iteration."""
        self.epoch = epoch

    def begin_at(self, epoch: int, step: int) -> None:
        """Resume an interrupted epoch: leave out its first steps, and those of no other.

        Args:
            epoch: The epoch, from 0; the next iteration's unless :meth:`set_epoch` says otherwise.
            step: How many of its steps are done.
        """
        self.epoch, self._begin = epoch, (epoch, step)

    @property
    def num_steps(self) -> int:
        """Steps of a whole epoch."""
        return max(1, self.length // (self.batch_size * self.num_devices))

    def __len__(self) -> int:
        """Return the number of this device's images in a whole epoch."""
        return self.num_steps * self._share

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Iterate over one epoch, or what is left of it."""
        order = np.arange(self.length)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(self.length)
        steps = np.resize(order, (self.num_steps, self.num_devices, self._share))
        return iter([(self.epoch, index) for index in steps[self.num_done :, self.rank].ravel().tolist()])

    @property
    def num_done(self) -> int:
        """Steps of the epoch that an iteration leaves out."""
        return self._begin[1] if self.epoch == self._begin[0] else 0

    @property
    def _share(self) -> int:
        """This device's images in one step."""
        return min(self.batch_size, -(-self.length // self.num_devices))
