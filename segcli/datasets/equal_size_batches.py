"""Whole batches as items, each of images of one size."""

from collections.abc import Sequence

from torch.utils.data import Dataset

from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import Sample


class EqualSizeBatches(Dataset[list[Sample]]):
    """Group the images of a dataset by size into batches, for evaluation and prediction.

    Nothing is padded, left out or repeated, so results depend neither on the batch size nor on what else is in a batch.
    Items are batches, to be loaded by ``DataLoader(..., batch_size=None, collate_fn=collate)``: with a batch sampler
    instead, Lightning could not share them among devices.

    Args:
        dataset: Where the samples come from; always its epoch 0.
        batch_size: Images per batch at most.

    Raises:
        DataError: If the header of a file is unreadable.
    """

    def __init__(self, dataset: SampleDataset, batch_size: int) -> None:
        self.dataset = dataset
        groups: dict[tuple[int, int], list[int]] = {}
        for index, size in enumerate(dataset.sizes()):
            groups.setdefault(size, []).append(index)
        self.batches: Sequence[Sequence[int]] = [
            group[start : start + batch_size] for group in groups.values() for start in range(0, len(group), batch_size)
        ]

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.batches)

    def __getitem__(self, number: int | None) -> list[Sample]:
        """Return the samples of one batch; for None one sample that is marked as a filler."""
        if number is None:
            return [Sample(**self.dataset[0, self.batches[0][0]], is_filler=True)]
        return [self.dataset[0, index] for index in self.batches[number]]
