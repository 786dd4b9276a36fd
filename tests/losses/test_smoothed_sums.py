import pytest
import torch

from segcli.losses.dice_loss import DiceLoss
from segcli.losses.jaccard_loss import JaccardLoss
from segcli.losses.region_loss import RegionLoss
from segcli.losses.region_sums import region_sums
from segcli.losses.smoothed_sums import smoothed_sums
from segcli.losses.tversky_loss import TverskyLoss
from tests.losses.data import FORMS, batch, class_average, million, probabilities

KINDS = (DiceLoss, JaccardLoss, TverskyLoss)


@pytest.mark.parametrize("form", FORMS)
def test_without_smoothing_the_sums_are_the_usual_ones(form: str) -> None:
    logits, mask = batch(form)

    *found, smoothed = smoothed_sums(logits, mask, 0.0)

    usual = region_sums(logits, mask, per_image=True)
    torch.testing.assert_close(found, list(usual))
    torch.testing.assert_close(smoothed, usual.true.float())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
def test_jaccard_and_dice_are_ratios_of_distances(form: str, per_image: bool) -> None:
    logits, mask = batch(form)
    low = 0.2 / 4 if form == "multiclass" else 0.2 / 2

    def jaccard(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        t = 0.8 * t + low
        both, apart = p.sum() + t.sum(), (p - t).abs().sum()
        return 1 - (both - apart + 6) / (both + apart + 6)

    def dice(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        t = 0.8 * t + low
        return (p - t).abs().sum() / (p.sum() + t.sum() + 3)

    for kind, definition in ((JaccardLoss, jaccard), (DiceLoss, dice)):
        ours = kind(3.0, per_image, label_smoothing=0.2)(logits, mask)
        expected = class_average(probabilities(logits.double(), mask), mask, per_image, "skip", definition)
        torch.testing.assert_close(ours.double(), expected, rtol=1e-6, atol=0)
        torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_the_smoothed_truth_is_the_best_prediction(kind: type[RegionLoss], form: str) -> None:
    _, mask = batch(form)
    channels = 1 if form == "binary" else 4
    low = 0.1 / (channels if form == "multiclass" else 2)
    true = mask.view(4, -1, 6, 10) == (torch.arange(4).view(-1, 1, 1) if form == "multiclass" else 1)
    target = 0.9 * true + low
    best = target.log() if form == "multiclass" else target.logit()
    loss = kind(label_smoothing=0.1)  # type: ignore[call-arg]

    assert loss(best, mask).item() == pytest.approx(0, abs=1e-6)
    for change in (1.3, 0.7):
        assert loss(best * change, mask) > 1e-3


def test_half_precision_logits_of_a_million_pixels() -> None:
    logits, mask = million("multiclass")
    rough = logits.detach().half()
    p = rough.double().softmax(1)[0, 1]
    t = (mask[0] == 1) * 0.9 + 0.05

    found = DiceLoss(label_smoothing=0.1, class_weights=[0.0, 1.0])(rough, mask)

    assert found.item() == pytest.approx(((p - t).abs().sum() / (p.sum() + t.sum() + 1)).item(), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_smoothing_is_a_share(kind: type[DiceLoss]) -> None:
    with pytest.raises(ValueError, match=rf"{kind.__name__} got label_smoothing 1.5, expected 0 to 1"):
        kind(label_smoothing=1.5)
