from typing import Any

import pytest
import torch
from torch.utils.data import Dataset

from segcli.datasets.look_ahead_loader import LookAheadLoader


class Numbers(Dataset[dict[str, torch.Tensor]]):
    def __init__(self, length: int) -> None:
        self.length, self.loaded = length, 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        self.loaded += 1
        return {"mask": torch.tensor(index)}


def iterated(
    length: int, accumulated: int, first: int = 0, end: int | None = None
) -> list[tuple[int, list[int] | None]]:
    def batches_at(position: int) -> int:
        return 1 if position % accumulated else min(accumulated, (length if end is None else end) - position)

    loader = LookAheadLoader(Numbers(length), batches_at, lambda: first, batch_size=None)
    batches: Any = iter(loader)
    return [
        (int(batch["mask"]), [int(mask) for mask in batch["coming"]] if "coming" in batch else None)
        for batch in batches
    ]


@pytest.mark.parametrize("length", [1, 5, 6])
def test_with_one_batch_per_step_nothing_is_added(length: int) -> None:
    assert iterated(length, 1) == [(index, None) for index in range(length)]


def test_the_first_batch_of_a_step_has_the_masks_of_the_others() -> None:
    assert iterated(7, 3) == [(0, [1, 2]), (1, None), (2, None), (3, [4, 5]), (4, None), (5, None), (6, None)]


def test_the_last_step_ends_where_the_epoch_does() -> None:
    assert iterated(5, 3)[3:] == [(3, [4]), (4, None)]
    assert iterated(9, 3, end=5)[3:5] == [(3, [4]), (4, None)]


def test_an_epoch_that_begins_within_a_step_waits_for_the_next() -> None:
    assert iterated(5, 3, first=1, end=6)[:3] == [(0, None), (1, None), (2, [3, 4])]


def test_no_more_is_loaded_ahead_than_a_step_needs() -> None:
    dataset, loaded = Numbers(20), []
    for _ in LookAheadLoader(dataset, lambda position: 1 if position % 3 else 3, lambda: 0, batch_size=None):
        loaded.append(dataset.loaded)

    assert loaded[:4] == [3, 4, 5, 6]
    dataset, loaded = Numbers(5), []
    for _ in LookAheadLoader(dataset, lambda _position: 1, lambda: 0, batch_size=None):
        loaded.append(dataset.loaded)
    assert loaded == [1, 2, 3, 4, 5]


def test_the_number_of_batches_is_asked_as_they_are_needed() -> None:
    asked = []

    def batches_at(position: int) -> int:
        asked.append(position)
        return 1

    batches = iter(LookAheadLoader(Numbers(4), batches_at, lambda: 0, batch_size=None))
    assert asked == []
    next(batches)
    assert asked == [0]
