import pytest
import torch

from segcli.datasets.collate import collate
from segcli.sample import DataError, Sample


def sample(name: str, height: int, width: int) -> Sample:
    image = torch.randint(256, (height, width, 3), dtype=torch.uint8).permute(2, 0, 1)
    return Sample(image=image, mask=image[0].clone(), path=name, size=(height, width))


def test_stacks_in_channels_last_order() -> None:
    samples = [sample("a", 4, 6), sample("b", 4, 6)]
    batch = collate(samples)
    assert batch["image"].shape == (2, 3, 4, 6)
    assert batch["image"].is_contiguous(memory_format=torch.channels_last)
    for number, one in enumerate(samples):
        torch.testing.assert_close(batch["image"][number], one["image"], check_stride=False)
        torch.testing.assert_close(batch["mask"][number], one["mask"])
    assert batch["path"] == ["a", "b"]
    assert batch["size"] == [(4, 6), (4, 6)]


def test_without_truth_there_is_no_mask() -> None:
    one = sample("a", 4, 6)
    del one["mask"]
    assert "mask" not in collate([one])


def test_targets_are_stacked_by_name() -> None:
    samples = [sample("a", 4, 6), sample("b", 4, 6)]
    assert "targets" not in collate(samples)
    for number, each in enumerate(samples):
        each["targets"] = {"distance": torch.full((2, 4, 6), float(number))}
    assert collate(samples)["targets"]["distance"].flatten(1).unique(dim=1).tolist() == [[0], [1]]


def test_sizes_that_differ_are_named() -> None:
    with pytest.raises(DataError, match=r"(?s)a \(4 x 6 px\) and c \(5 x 6 px\).*RandomScaledCrop.*PadIfNeeded"):
        collate([sample("a", 4, 6), sample("b", 4, 6), sample("c", 5, 6)])
