"""A sampler that tells the dataset the epoch."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler


class EpochSampler(Sampler[tuple[int, int]]):
    """Yield ``(epoch, index)`` for every image once, in an order that follows from (seed, epoch).

    Lightning calls :meth:`set_epoch` before every epoch, and wraps this sampler to share it among devices.

    Args:
        length: Number of images.
        seed: Seed of the run.
        shuffle: Whether the order changes with the epoch; otherwise it is that of the dataset.
    """

    def __init__(self, length: int, seed: int = 0, shuffle: bool = True) -> None:
        self.length, self.seed, self.shuffle = length, seed, shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next iteration."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of images."""
        return self.length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Iterate over one epoch."""
        order = range(self.length)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(self.length).tolist()
        return iter([(self.epoch, index) for index in order])
