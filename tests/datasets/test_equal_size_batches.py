import numpy as np
from numpy.typing import NDArray

from segcli.datasets.collate import collate
from segcli.datasets.equal_size_batches import EqualSizeBatches
from segcli.datasets.sample_dataset import SampleDataset

SIZES = [(4, 6), (5, 5), (4, 6), (4, 6), (5, 5), (6, 4)]


class Blank(SampleDataset):
    def __len__(self) -> int:
        return len(SIZES)

    def paths(self) -> list[str]:
        return [str(number) for number in range(len(SIZES))]

    def sizes(self) -> list[tuple[int, int]]:
        return SIZES

    def load(self, index: int) -> tuple[NDArray[np.uint8], None]:
        return np.zeros((*SIZES[index], 3), np.uint8), None


def test_batches_hold_one_size_and_every_image_once() -> None:
    batches = EqualSizeBatches(Blank(), batch_size=2)
    names = [[sample["path"] for sample in batches[number]] for number in range(len(batches))]
    assert names == [["0", "2"], ["3"], ["1", "4"], ["5"]]
    for number in range(len(batches)):
        assert len({sample["size"] for sample in batches[number]}) == 1


def test_none_is_one_image_that_is_marked() -> None:
    (sample,) = EqualSizeBatches(Blank(), batch_size=2)[None]
    assert sample["is_filler"]
    assert collate([sample])["is_filler"]
