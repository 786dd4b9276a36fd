import pytest

from segcli.datasets.unpadded_sampler import UnpaddedSampler


@pytest.mark.parametrize(("items", "devices"), [(10, 4), (3, 3), (7, 1), (2, 3)])
def test_devices_share_everything_and_nothing_twice(items: int, devices: int) -> None:
    shares = [UnpaddedSampler(range(items), devices, rank) for rank in range(devices)]
    assert sorted(index for share in shares for index in share) == list(range(items))
    assert [len(share) for share in shares] == [len(list(share)) for share in shares]
    shares[0].set_epoch(3)
    assert list(shares[0]) == list(range(0, items, devices))
