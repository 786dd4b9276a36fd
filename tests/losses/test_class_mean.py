import torch

from segcli.losses.class_mean import class_counts, class_mean, class_total

LOSS = torch.tensor([[1.0, 2.0], [4.0, 100.0]])
TRUE = torch.tensor([[3, 0], [5, 0]])
SEEN = torch.tensor([[9, 9], [9, 0]])


def test_classes_without_a_true_pixel_are_skipped_or_counted() -> None:
    assert class_mean(*class_total(LOSS, class_counts(TRUE, SEEN, "skip"))) == 2.5
    assert class_mean(*class_total(LOSS, class_counts(TRUE, SEEN, "count"))) == 7 / 3


def test_classes_weigh_as_much_as_they_are_said_to() -> None:
    weights = torch.tensor([3.0, 0.5])

    total = class_total(LOSS, class_counts(TRUE, SEEN, "count"), weights)

    assert total == (3 + 1 + 12, 6.5)
    assert class_mean(*total) == 16 / 6.5


def test_nothing_to_count_is_a_differentiable_zero() -> None:
    loss = LOSS.clone().requires_grad_()

    mean = class_mean(*class_total(loss, class_counts(TRUE * 0, SEEN * 0, "count")))

    assert mean == 0
    assert (torch.autograd.grad(mean, loss)[0] == 0).all()
