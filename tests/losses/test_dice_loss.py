import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.losses.dice_loss import DiceLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, class_average, million, probabilities


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
def test_equals_its_definition_in_value_and_gradient(form: str, smooth: float, per_image: bool, absent: str) -> None:
    logits, mask = batch(form)

    ours = DiceLoss(smooth, per_image, absent)(logits, mask)
    expected = class_average(
        probabilities(logits, mask),
        mask,
        per_image,
        absent,
        lambda p, t: 1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth),
    )

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_equals_the_reference_where_all_classes_occur() -> None:
    logits, mask = batch("multiclass")
    logits = logits[:, [0, 1, 3]]
    mask[mask == 3] = 2
    reference = smp.losses.DiceLoss("multiclass", ignore_index=IGNORE_INDEX)

    torch.testing.assert_close(DiceLoss(smooth=0.0)(logits, mask), reference(logits, mask.long()))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)
    scores = probabilities(logits.double(), mask)

    exact = class_average(scores, mask, False, "skip", lambda p, t: 1 - 2 * (p * t).sum() / (p.sum() + t.sum()))

    torch.testing.assert_close(1 - DiceLoss(smooth=0.0)(logits, mask).double(), 1 - exact, rtol=1e-5, atol=1e-7)


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
