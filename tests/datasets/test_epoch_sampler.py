from segcli.datasets.epoch_sampler import EpochSampler


def test_every_epoch_shuffles_anew_and_again_the_same() -> None:
    sampler = EpochSampler(50, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert [epoch for epoch, _ in second] == [1] * 50
    assert sorted(index for _, index in second) == list(range(50))
    assert [index for _, index in first] != [index for _, index in second]

    again = EpochSampler(50, seed=1)
    again.set_epoch(1)
    assert list(again) == second
    other = EpochSampler(50, seed=2)
    other.set_epoch(1)
    assert list(other) != second


def test_without_shuffling_the_order_is_that_of_the_dataset() -> None:
    sampler = EpochSampler(3, shuffle=False)
    sampler.set_epoch(4)
    assert list(sampler) == [(4, 0), (4, 1), (4, 2)]
    assert len(sampler) == 3
