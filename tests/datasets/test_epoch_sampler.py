import pytest

from segcli.datasets.epoch_sampler import EpochSampler


def test_every_epoch_shuffles_anew_and_again_the_same() -> None:
    sampler = EpochSampler(50, batch_size=5, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert [epoch for epoch, _ in second] == [1] * 50
    assert sorted(index for _, index in second) == list(range(50))
    assert [index for _, index in first] != [index for _, index in second]

    again = EpochSampler(50, batch_size=5, seed=1)
    again.set_epoch(1)
    assert list(again) == second
    other = EpochSampler(50, batch_size=5, seed=2)
    other.set_epoch(1)
    assert list(other) != second


def test_without_shuffling_the_order_is_that_of_the_dataset() -> None:
    sampler = EpochSampler(3, batch_size=1, shuffle=False)
    sampler.set_epoch(4)
    assert list(sampler) == [(4, 0), (4, 1), (4, 2)]
    assert len(sampler) == 3


def test_what_fills_no_step_is_left_out() -> None:
    sampler = EpochSampler(11, batch_size=4, shuffle=False)
    assert [index for _, index in sampler] == list(range(8))
    assert (len(sampler), sampler.num_steps) == (8, 2)


@pytest.mark.parametrize("devices", [2, 3, 4])
def test_devices_share_what_one_device_with_their_whole_batch_would_see(devices: int) -> None:
    one = [index for _, index in EpochSampler(31, batch_size=2 * devices, seed=3)]
    shares = [list(EpochSampler(31, 2, 3, num_devices=devices, rank=rank)) for rank in range(devices)]
    for step in range(31 // (2 * devices)):
        together = [index for share in shares for _, index in share[2 * step : 2 * step + 2]]
        assert together == one[2 * devices * step : 2 * devices * (step + 1)]


def test_fewer_images_than_one_step_are_shared_evenly() -> None:
    shares = [[index for _, index in EpochSampler(5, 4, shuffle=False, num_devices=2, rank=rank)] for rank in (0, 1)]
    assert shares == [[0, 1, 2], [3, 4, 0]]
    assert [index for _, index in EpochSampler(3, batch_size=8, shuffle=False)] == [0, 1, 2]


def test_an_interrupted_epoch_goes_on_and_later_ones_are_whole() -> None:
    whole = EpochSampler(20, batch_size=4, seed=5)
    whole.set_epoch(2)
    expected = list(whole)
    sampler = EpochSampler(20, batch_size=4, seed=5)
    sampler.begin_at(2, step=3)
    assert list(sampler) == expected[12:]
    assert len(sampler) == 20
    sampler.set_epoch(3)
    assert len(list(sampler)) == 20


def test_an_epoch_whose_steps_are_all_done_is_empty() -> None:
    sampler = EpochSampler(20, batch_size=4)
    sampler.begin_at(0, step=5)
    assert list(sampler) == []
