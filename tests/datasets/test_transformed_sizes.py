from collections.abc import Sequence
from pathlib import Path
from typing import Any

import albumentations as A
import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.transformed_sizes import changes_sizes
from segcli.transforms.seeded_compose import SeededCompose


class _Sized(SampleDataset):
    """Images of given sizes, of which only the first may be read."""

    def __init__(
        self, sizes: Sequence[tuple[int, int]], transform: A.BasicTransform, channels: tuple[int, ...]
    ) -> None:
        super().__init__(SeededCompose([transform], num_values=2))
        self._sizes, self._channels = list(sizes), channels

    def __len__(self) -> int:
        return len(self._sizes)

    def paths(self) -> list[str]:
        return [str(Path("/d") / f"{index}.png") for index in range(len(self))]

    def sizes(self) -> list[tuple[int, int]]:
        return self._sizes

    def load(self, index: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        assert index == 0
        size = self._sizes[index]
        return np.ones((*size, 3), np.uint8), np.ones((*self._channels, *size), np.uint8)


SMALL, LARGE = (40, 48), (80, 96)


@pytest.mark.parametrize("channels", [(), (2,)])
@pytest.mark.parametrize(
    ("sizes", "transform", "expected"),
    [
        ([SMALL, LARGE], A.Resize(40, 48), True),
        ([LARGE, SMALL], A.Resize(40, 48), True),
        ([SMALL, SMALL], A.Resize(40, 48), False),
        ([SMALL] * 9 + [(40, 47)], A.PadIfNeeded(40, 48), True),
        ([SMALL, LARGE], A.PadIfNeeded(40, 48), False),
        ([SMALL, LARGE], A.HorizontalFlip(p=1), False),
        ([SMALL, LARGE], A.RandomBrightnessContrast(p=1), False),
        ([SMALL] * 20, A.RandomScale(0.5, p=0.3), True),
        ([(40, 40), SMALL], A.Transpose(p=1), True),
    ],
)
def test_a_change_of_any_size_is_seen(
    sizes: list[tuple[int, int]], transform: A.BasicTransform, expected: bool, channels: tuple[int, ...]
) -> None:
    dataset = _Sized(sizes, transform, channels)
    assert changes_sizes(dataset) is expected
    assert dataset.cache is None
