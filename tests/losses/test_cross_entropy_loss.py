import pytest
import torch
from torch.nn import functional as F

from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.sample import IGNORE_INDEX

SHAPE = (2, 7, 9)


def data(classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    mask = torch.randint(max(2, classes), SHAPE, dtype=torch.uint8)
    mask[0, :2] = IGNORE_INDEX
    return torch.randn(SHAPE[0], classes, *SHAPE[1:], requires_grad=True), mask


@pytest.mark.parametrize("weights", [None, [1.0, 0.2, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_equals_torch_in_value_and_gradient(weights: list[float] | None, smoothing: float) -> None:
    logits, mask = data(3)
    weight = None if weights is None else torch.tensor(weights)

    ours = CrossEntropyLoss(weights, smoothing)(logits, mask)
    theirs = F.cross_entropy(logits, mask.long(), weight, ignore_index=IGNORE_INDEX, label_smoothing=smoothing)

    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits))


@pytest.mark.parametrize("weights", [None, [1.0, 5.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_binary_equals_two_classes_with_logits_zero_and_z(weights: list[float] | None, smoothing: float) -> None:
    logits, mask = data(1)
    loss = CrossEntropyLoss(weights, smoothing)

    one = loss(logits, mask)
    two = loss(torch.cat([torch.zeros_like(logits), logits], dim=1), mask)

    torch.testing.assert_close(one, two)
    torch.testing.assert_close(torch.autograd.grad(one, logits), torch.autograd.grad(two, logits))


def test_binary_without_options_equals_torch() -> None:
    logits, mask = data(1)
    valid = mask != IGNORE_INDEX

    expected = F.binary_cross_entropy_with_logits(logits[:, 0][valid], mask[valid].float())

    torch.testing.assert_close(CrossEntropyLoss()(logits, mask), expected)


def multilabel() -> tuple[torch.Tensor, torch.Tensor]:
    logits, _ = data(3)
    mask = torch.randint(2, logits.shape, dtype=torch.uint8)
    mask[0, :, :2] = mask[1, 2, 3:] = IGNORE_INDEX
    return logits, mask


@pytest.mark.parametrize("weights", [None, [1.0, 0.2, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_multilabel_is_the_weighted_mean_over_labels_and_pixels(weights: list[float] | None, smoothing: float) -> None:
    logits, mask = multilabel()
    valid = mask != IGNORE_INDEX
    weight = torch.tensor(weights or [1.0] * 3).view(3, 1, 1).expand_as(logits)[valid]

    ours = CrossEntropyLoss(weights, smoothing)(logits, mask)
    target = mask[valid] * (1 - smoothing) + smoothing / 2
    expected = F.binary_cross_entropy_with_logits(logits[valid], target, weight, reduction="sum") / weight.sum()

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_weights_of_labels_do_not_prefer_positive_pixels() -> None:
    logits, mask = torch.zeros(1, 2, 1, 4, requires_grad=True), torch.tensor([[[[1, 0, 0, 0]], [[1, 1, 0, 255]]]])

    CrossEntropyLoss([1.0, 3.0])(logits, mask).backward()

    signs = torch.tensor([[[[-1, 1, 1, 1]], [[-3, -3, 3, 0]]]])  # p - t is 1/2 everywhere, weights sum up to 4 + 3 * 3
    torch.testing.assert_close(logits.grad, signs / 2 / 13)


def test_binary_is_finite_for_large_logits() -> None:
    logits = torch.full((1, 1, 2, 2), 200.0, requires_grad=True)

    loss = CrossEntropyLoss()(logits, torch.zeros(1, 2, 2, dtype=torch.uint8))
    loss.backward()

    assert loss.item() == 200.0
    assert logits.grad is not None
    assert (logits.grad == 0.25).all()


def test_half_precision_logits_are_computed_in_float32() -> None:
    logits, mask = data(3)

    low = CrossEntropyLoss()(logits.bfloat16(), mask)

    assert low.dtype == torch.float32
    torch.testing.assert_close(low, CrossEntropyLoss()(logits.bfloat16().float(), mask))


@pytest.mark.parametrize(("classes", "expected"), [(3, 3), (1, 2)])
def test_the_number_of_weights_must_fit(classes: int, expected: int) -> None:
    logits, mask = data(classes)

    with pytest.raises(ValueError, match=f"got 4 class_weights, expected {expected}, one per class"):
        CrossEntropyLoss([1.0] * 4)(logits, mask)


def test_the_number_of_weights_of_labels_must_fit() -> None:
    with pytest.raises(ValueError, match="got 2 class_weights, expected 3, one per label"):
        CrossEntropyLoss([1.0] * 2)(*multilabel())


def test_one_label_has_one_weight_where_the_binary_task_has_two() -> None:
    logits, mask = data(1)

    torch.testing.assert_close(CrossEntropyLoss([3.0])(logits, mask.unsqueeze(1)), CrossEntropyLoss()(logits, mask))


@pytest.mark.parametrize("weights", [[], [1.0, -1.0]])
def test_weights_must_not_be_negative_or_none_at_all(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="expected numbers from 0 up"):
        CrossEntropyLoss(weights)


def test_smoothing_must_be_a_share() -> None:
    with pytest.raises(ValueError, match=r"label_smoothing 1.5, expected 0 to 1"):
        CrossEntropyLoss(label_smoothing=1.5)


def test_weights_stay_out_of_the_checkpoint() -> None:
    assert CrossEntropyLoss([1.0, 2.0]).state_dict() == {}
