import torch

from segcli.losses.running_sums import RunningSums


def test_adds_each_tensor_to_that_of_its_place_and_forgets_on_reset() -> None:
    sums = RunningSums()
    assert not sums
    assert sums.compute() == sums.state() == []
    sums.update([(torch.tensor(1.0, requires_grad=True), torch.tensor(3)), (torch.tensor([[1, 2]]),)])
    sums.update([(torch.tensor(2.0), torch.tensor(4)), (torch.tensor([[5, 6]]),)])

    (total, count), (row,) = sums.compute(reduce=True)

    assert sums
    assert (total.item(), count.item(), row.tolist()) == (3.0, 7.0, [[6.0, 8.0]])
    assert not total.requires_grad
    sums.reset()
    sums.update([(torch.tensor(7.0, dtype=torch.bfloat16),)])
    assert sums.compute() == [(torch.tensor(7.0),)]


def test_a_small_number_is_not_lost_in_a_large_one() -> None:
    sums = RunningSums()
    for number in (2**30, 1, 1):
        sums.update([(torch.tensor(number, dtype=torch.float32),)])

    assert sums.compute() == [(torch.tensor(2.0**30 + 2, dtype=torch.float64),)]


def test_resumes_with_its_state() -> None:
    first, second = RunningSums(), RunningSums()
    first.update([(torch.tensor([1.0, 2.0]),)])
    second.update([(torch.tensor([9.0, 9.0]),)])
    second.load(first.state())
    second.update([(torch.tensor([1.0, 1.0]),)])

    assert second.compute()[0][0].tolist() == [2.0, 3.0]
    second.load([])
    assert not second
