import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from segcli.losses.jaccard_loss import JaccardLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, class_average, million, probabilities


def jaccard(p: Tensor, t: Tensor, smooth: float = 0.0) -> Tensor:
    return 1 - ((p * t).sum() + smooth) / ((p + t - p * t).sum() + smooth)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("absent", ["skip", "count"])
def test_equals_its_definition_in_value_and_gradient(form: str, smooth: float, per_image: bool, absent: str) -> None:
    logits, mask = batch(form)

    ours = JaccardLoss(smooth, per_image, absent)(logits, mask)
    expected = class_average(probabilities(logits, mask), mask, per_image, absent, lambda p, t: jaccard(p, t, smooth))

    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_one_true_pixel_of_four_by_hand() -> None:
    mask = torch.tensor([[[1, 0], [0, 0]]])

    # every p is 1/2: I = 1/2, U = 2 + 1 - 1/2
    assert JaccardLoss(smooth=1.0)(torch.zeros(1, 1, 2, 2), mask).item() == pytest.approx(1 - 1.5 / 3.5)


def test_sure_predictions_give_one_minus_the_intersection_over_the_union() -> None:
    mask = torch.tensor([[[0, 0, 1, 1, 1, IGNORE_INDEX]]])
    predicted = torch.tensor([[[0, 1, 1, 1, 0, 0]]])
    logits = 100 * torch.nn.functional.one_hot(predicted, 2).movedim(-1, 1).float()

    assert JaccardLoss(smooth=0.0)(logits, mask).item() == pytest.approx(1 - (1 / 3 + 2 / 4) / 2)


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_equals_the_reference_where_all_classes_occur(smooth: float) -> None:
    logits, mask = batch("multiclass")
    logits = logits[:, [0, 1, 3]]
    mask[mask == 3] = 2
    reference = smp.losses.JaccardLoss("multiclass", smooth=smooth, ignore_index=IGNORE_INDEX)

    torch.testing.assert_close(JaccardLoss(smooth)(logits, mask), reference(logits, mask.long()))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    exact = class_average(probabilities(logits.double(), mask), mask, False, "skip", jaccard)

    torch.testing.assert_close(1 - JaccardLoss(smooth=0.0)(logits, mask).double(), 1 - exact, rtol=1e-5, atol=1e-7)


def test_smooth_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"JaccardLoss got smooth -1, expected 0 or more"):
        JaccardLoss(smooth=-1)
