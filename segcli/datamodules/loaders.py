"""The loaders of a split: shuffled batches of one number of images, or all images once in batches of equal sizes."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader

from segcli.datasets.collate import collate
from segcli.datasets.epoch_sampler import EpochSampler
from segcli.datasets.equal_size_batches import EqualSizeBatches
from segcli.datasets.look_ahead_loader import LookAheadLoader
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.start_worker import start_worker
from segcli.datasets.unpadded_sampler import UnpaddedSampler
from segcli.processes import process_group
from segcli.sample import Sample


def training_loader(
    dataset: SampleDataset, sampler: EpochSampler, batch_size: int, batches_at: Callable[[int], int], workers: int
) -> DataLoader[Sample]:
    """Return shuffled batches.

    Args:
        dataset: The split.
        sampler: Orders its images.
        batch_size: Images per batch.
        batches_at: As of :class:`LookAheadLoader`.
        workers: Processes that load.
    """
    return LookAheadLoader(
        dataset,
        batches_at=batches_at,
        first_position=lambda: sampler.num_done,
        batch_size=batch_size,
        sampler=sampler,
        **_options(workers),
    )


def evaluation_loader(dataset: SampleDataset, batch_size: int, workers: int) -> DataLoader[list[Sample]]:
    """Return all images once, in batches of one size each.

    Args:
        dataset: The split.
        batch_size: Most images per batch.
        workers: Processes that load.
    """
    batches = EqualSizeBatches(dataset, batch_size)
    sampler = UnpaddedSampler(batches) if process_group() else None
    return DataLoader(batches, batch_size=None, sampler=sampler, **_options(workers))


def _options(workers: int) -> dict[str, Any]:
    return {
        "collate_fn": collate,
        "num_workers": workers,
        "persistent_workers": workers > 0,
        "pin_memory": torch.cuda.is_available(),
        "worker_init_fn": start_worker,
    }
