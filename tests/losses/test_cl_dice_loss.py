import pytest
import torch
from torch import Tensor

from segcli.losses.cl_dice_loss import ClDiceLoss
from segcli.losses.soft_skeleton import soft_skeleton
from tests.losses.data import FORMS, batch, by_class, probabilities


def by_classes(logits: Tensor, mask: Tensor, per_image: bool, absent: str, smooth: float) -> Tensor:
    terms = []
    for image in [slice(i, i + 1) for i in range(len(mask))] if per_image else [slice(None)]:
        scores = probabilities(logits[image].double(), mask[image])
        for p, true, valid in by_class(scores, mask[image]):
            t = (true & valid).double()
            if valid.any() and (t.any() or absent == "count"):
                line, true_line = (soft_skeleton(x.unsqueeze(1), valid.unsqueeze(1), 4)[:, 0] for x in (p, t))
                precision = ((line * t).sum() + smooth) / (line.sum() + smooth)
                sensitivity = ((true_line * p).sum() + smooth) / (true_line.sum() + smooth)
                terms.append(1 - 2 * precision * sensitivity / (precision + sensitivity))
    return torch.stack(terms).mean()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize(("absent", "smooth"), [("skip", 0.0), ("count", 1.0)])
def test_equals_its_definition_in_value_and_gradient(form: str, per_image: bool, absent: str, smooth: float) -> None:
    logits, mask = batch(form)

    ours = ClDiceLoss(4, smooth, per_image, absent)(logits, mask)  # type: ignore[arg-type]
    expected = by_classes(logits, mask, per_image, absent, smooth)

    torch.testing.assert_close(ours.double(), expected, rtol=1e-5, atol=0)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_a_cut_line_costs_its_gap_and_a_wider_one_nothing() -> None:
    mask = torch.zeros(1, 7, 22, dtype=torch.uint8)
    mask[:, 3, 1:21] = 1
    sure = 100.0 * (2 * mask.unsqueeze(1).float() - 1)
    cut, wide = sure.clone(), sure.clone()
    cut[..., 9:14] = -100
    wide[:, :, 2:5, 1:21] = 100

    loss = ClDiceLoss(smooth=0.0)

    assert loss(sure, mask) == 0
    assert loss(cut, mask).item() == pytest.approx(1 - 2 * 0.75 / 1.75)
    assert loss(wide, mask) == 0


@pytest.mark.parametrize("iterations", [-1, 1001])
def test_iterations_are_a_number_of_steps(iterations: int) -> None:
    with pytest.raises(ValueError, match=f"ClDiceLoss got iterations {iterations}, expected 0 to 1000"):
        ClDiceLoss(iterations)


def test_smooth_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"ClDiceLoss got smooth -1, expected 0 or more"):
        ClDiceLoss(smooth=-1)
