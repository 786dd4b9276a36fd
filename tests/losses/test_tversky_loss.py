import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.losses.base import Loss
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.tversky_loss import TverskyLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, class_average, million, probabilities


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("smooth", [0.0, 1.0, 7.0])
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
@pytest.mark.parametrize(("weight", "same"), [(0.5, DiceLoss), (1.0, JaccardLoss)])
def test_equal_weights_give_dice_and_jaccard(
    form: str, smooth: float, per_image: bool, absent: str, weight: float, same: type[Loss]
) -> None:
    logits, mask = batch(form)

    ours = TverskyLoss(weight, weight, smooth, per_image, absent)(logits, mask)
    expected = same(smooth, per_image, absent)(logits, mask)

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("form", FORMS)
def test_equals_its_definition_in_value_and_gradient(form: str) -> None:
    logits, mask = batch(form)

    ours = TverskyLoss(0.2, 1.4, smooth=3.0)(logits, mask)
    expected = class_average(
        probabilities(logits, mask),
        mask,
        False,
        "skip",
        lambda p, t: (
            1 - ((p * t).sum() + 2.4) / ((p * t).sum() + 0.2 * (p * (1 - t)).sum() + 1.4 * ((1 - p) * t).sum() + 2.4)
        ),
    )

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_one_true_pixel_of_four_by_hand() -> None:
    mask = torch.tensor([[[1, 0], [0, 0]]])

    # every p is 1/2: TP = 1/2, FP = 3/2, FN = 1/2
    loss = TverskyLoss(alpha=0.3, beta=0.7, smooth=0.0)(torch.zeros(1, 1, 2, 2), mask)

    assert loss.item() == pytest.approx(1 - 0.5 / (0.5 + 0.45 + 0.35))


def test_alpha_weighs_what_is_predicted_too_much_and_beta_too_little() -> None:
    mask = torch.tensor([[[1, 1, 0, 0]]])
    too_much, too_little = torch.tensor([[[[50.0, 50, 50, -50]]], [[[50.0, -50, -50, -50]]]]).split(1)

    assert TverskyLoss(alpha=0.0, beta=1.0, smooth=0.0)(too_much, mask).item() == pytest.approx(0)
    assert TverskyLoss(alpha=0.0, beta=1.0, smooth=0.0)(too_little, mask).item() == pytest.approx(1 / 2)
    assert TverskyLoss(alpha=1.0, beta=0.0, smooth=0.0)(too_much, mask).item() == pytest.approx(1 / 3)
    assert TverskyLoss(alpha=1.0, beta=0.0, smooth=0.0)(too_little, mask).item() == pytest.approx(0)


def test_equals_the_reference_where_all_classes_occur() -> None:
    logits, mask = batch("multiclass")
    logits = logits[:, [0, 1, 3]]
    mask[mask == 3] = 2
    reference = smp.losses.TverskyLoss("multiclass", ignore_index=IGNORE_INDEX, alpha=0.3, beta=0.7)

    torch.testing.assert_close(TverskyLoss(smooth=0.0)(logits, mask), reference(logits, mask.long()))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    exact = class_average(
        probabilities(logits.double(), mask),
        mask,
        False,
        "skip",
        lambda p, t: 1 - (p * t).sum() / ((p * t).sum() + 0.3 * (p * (1 - t)).sum() + 0.7 * ((1 - p) * t).sum()),
    )

    torch.testing.assert_close(1 - TverskyLoss(smooth=0.0)(logits, mask).double(), 1 - exact, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("alpha", "beta"), [(-0.1, 1.0), (1.0, -0.1), (0.0, 0.0)])
def test_weights_must_not_be_negative_nor_both_zero(alpha: float, beta: float) -> None:
    with pytest.raises(ValueError, match=f"alpha {alpha} and beta {beta}, expected 0 or more, not both 0"):
        TverskyLoss(alpha, beta)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("gamma", [0.75, 2.0])
def test_the_loss_of_each_class_is_raised_to_a_power(form: str, per_image: bool, gamma: float) -> None:
    logits, mask = batch(form)

    ours = TverskyLoss(0.2, 1.4, 3.0, per_image, gamma=gamma)(logits, mask)
    expected = class_average(
        probabilities(logits, mask),
        mask,
        per_image,
        "skip",
        lambda p, t: (
            1 - ((p * t).sum() + 2.4) / ((p * t).sum() + 0.2 * (p * (1 - t)).sum() + 1.4 * ((1 - p) * t).sum() + 2.4)
        ).pow(gamma),
    )

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("gamma", [0.0, -1.0, 101.0, float("nan")])
def test_the_power_is_above_0(gamma: float) -> None:
    with pytest.raises(ValueError, match=f"TverskyLoss got gamma {gamma}, expected above 0"):
        TverskyLoss(gamma=gamma)


def test_smooth_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"TverskyLoss got smooth -1, expected 0 or more"):
        TverskyLoss(smooth=-1)
