import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from segcli.losses.dice_loss import DiceLoss, _SoftmaxSums
from segcli.sample import IGNORE_INDEX


def data(classes: int = 4) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    mask = torch.randint(max(2, classes), (3, 6, 10), dtype=torch.uint8)
    mask[0, :2] = IGNORE_INDEX
    return torch.randn(3, classes, 6, 10, requires_grad=True), mask


def by_definition(logits: Tensor, mask: Tensor, smooth: float, per_image: bool, absent: str) -> Tensor:
    groups = [slice(i, i + 1) for i in range(len(mask))] if per_image else [slice(None)]
    probability = torch.cat([1 - logits.sigmoid(), logits.sigmoid()], 1) if logits.shape[1] == 1 else logits.softmax(1)
    terms = []
    for group in groups:
        valid = mask[group] != IGNORE_INDEX
        for label in range(1 if logits.shape[1] == 1 else 0, probability.shape[1]):
            p, t = probability[group, label][valid], (mask[group][valid] == label).to(logits.dtype)
            if valid.any() and (t.any() or absent == "count"):
                terms.append(1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth))
    return torch.stack(terms).mean()


@pytest.mark.parametrize("classes", [1, 4])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
def test_equals_its_definition_in_value_and_gradient(classes: int, smooth: float, per_image: bool, absent: str) -> None:
    logits, mask = data(classes)
    mask[mask == 2] = 3 if classes > 1 else 1  # class 2 occurs nowhere
    mask[1][mask[1] == 1] = 0  # class 1 not in image 1
    mask[2] = IGNORE_INDEX

    ours = DiceLoss(smooth, per_image, absent)(logits, mask)
    expected = by_definition(logits, mask, smooth, per_image, absent)

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_equals_the_reference_where_all_classes_occur() -> None:
    logits, mask = data()
    reference = smp.losses.DiceLoss("multiclass", ignore_index=IGNORE_INDEX)

    torch.testing.assert_close(DiceLoss(smooth=0.0)(logits, mask), reference(logits, mask.long()))


def test_gradient_of_the_sums_in_double_precision() -> None:
    logits, mask = data(3)
    logits = logits.flatten(2).detach().double()[..., :8].requires_grad_()

    assert torch.autograd.gradcheck(lambda x: _SoftmaxSums.apply(x, mask.flatten(1)[:, 10:18]), (logits,))


def test_a_rare_class_keeps_its_precision() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 2, 1000, 1000)
    logits[:, 1] -= 9
    mask = torch.zeros(1, 1000, 1000, dtype=torch.uint8)
    mask[0, 0, :3] = 1

    exact = by_definition(logits.double(), mask, 0.0, False, "skip")

    torch.testing.assert_close(1 - DiceLoss(smooth=0.0)(logits, mask).double(), 1 - exact, rtol=1e-5, atol=0)


def test_sums_are_not_taken_in_half_precision() -> None:
    logits, mask = data()
    expected = DiceLoss()(logits.bfloat16().float(), mask)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = DiceLoss()(logits.bfloat16(), mask)
        (gradient,) = torch.autograd.grad(loss, logits)

    torch.testing.assert_close(loss, expected)
    assert gradient.abs().sum() > 0


def test_absent_classes_cost_nothing_or_what_is_predicted_of_them() -> None:
    mask = torch.zeros(1, 4, 4, dtype=torch.uint8)
    right, wrong = torch.zeros(2, 1, 3, 4, 4)
    right[:, 0] = wrong[:, 0] = 50
    wrong[:, 1, 0] = 100  # four pixels of a class that is not there

    assert DiceLoss(absent="count")(right, mask) == DiceLoss(absent="skip")(right, mask) == 0
    skipped = DiceLoss(absent="skip")(wrong, mask).item()
    assert skipped == pytest.approx(1 - 25 / 29)
    assert DiceLoss(absent="count")(wrong, mask).item() == pytest.approx((skipped + 1 - 1 / 5) / 3)


def test_smooth_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"smooth -1, expected 0 or more"):
        DiceLoss(smooth=-1)
