import pytest

from segcli.datasets.unpadded_sampler import UnpaddedSampler


@pytest.mark.parametrize(("items", "devices"), [(10, 4), (3, 3), (7, 1), (2, 3)])
def test_devices_share_everything_and_nothing_twice(items: int, devices: int) -> None:
    shares = [list(UnpaddedSampler(range(items), devices, rank)) for rank in range(devices)]
    assert sorted(index for share in shares for index in share if index is not None) == list(range(items))


@pytest.mark.parametrize(("items", "devices", "steps"), [(10, 4, 3), (3, 3, 1), (7, 1, 7), (2, 3, 1)])
def test_devices_take_equally_many_steps(items: int, devices: int, steps: int) -> None:
    for rank in range(devices):
        sampler = UnpaddedSampler(range(items), devices, rank)
        assert len(sampler) == len(list(sampler)) == steps


def test_the_epoch_changes_nothing() -> None:
    sampler = UnpaddedSampler(range(5), 2, 0)
    sampler.set_epoch(3)
    assert list(sampler) == [0, 2, 4]


def test_a_device_with_one_item_less_ends_with_none() -> None:
    assert list(UnpaddedSampler(range(5), 2, 1)) == [1, 3, None]
