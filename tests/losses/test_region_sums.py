import pytest
import torch

from segcli.losses.region_sums import _sigmoid_sums, region_counts, region_sums
from tests.losses.data import FORMS, batch, by_class, million, probabilities


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("per_image", [False, True])
def test_sums_equal_their_definition(form: str, per_image: bool) -> None:
    logits, mask = batch(form)
    axes = (1, 2) if per_image else (0, 1, 2)

    sums = region_sums(logits, mask, per_image)

    classes = list(by_class(probabilities(logits, mask), mask))
    shape = (4 if per_image else 1, logits.shape[1])
    for found, summand in (
        (sums.overlap, lambda p, true, valid: p * true * valid),
        (sums.predicted, lambda p, true, valid: p * valid),
        (sums.true, lambda p, true, valid: (true & valid).float()),
        (sums.seen, lambda p, true, valid: valid.float()),
    ):
        expected = torch.stack([summand(*x).sum(axes) for x in classes], dim=-1).view(shape)
        torch.testing.assert_close(found, expected, check_dtype=False)


def test_gradients_in_double_precision() -> None:
    logits, mask = batch("multilabel")
    logits, mask = logits.detach().double()[..., 1:3, :3].requires_grad_(), mask[..., 1:3, :3]
    assert torch.autograd.gradcheck(lambda x: _sigmoid_sums(x, mask)[:2], (logits,))


@pytest.mark.parametrize("form", FORMS)
def test_a_rare_class_keeps_its_precision(form: str) -> None:
    logits, mask = million(form)

    sums = region_sums(logits, mask, per_image=False)

    for label, (p, true, _) in enumerate(by_class(probabilities(logits.double(), mask), mask)):
        for found, expected in ((sums.overlap, (p * true).sum()), (sums.predicted, p.sum()), (sums.true, true.sum())):
            torch.testing.assert_close(found[0, label].double(), expected.double(), rtol=2e-6, atol=0)


@pytest.mark.parametrize("form", FORMS)
def test_sums_are_not_taken_in_half_precision(form: str) -> None:
    logits, mask = batch(form)
    expected = region_sums(logits.bfloat16().float(), mask, per_image=False)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        sums = region_sums(logits.bfloat16(), mask, per_image=False)
        (gradient,) = torch.autograd.grad(sums.overlap.sum(), logits)

    torch.testing.assert_close(sums, expected)
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("form", FORMS)
def test_counts_are_those_of_the_sums(form: str) -> None:
    logits, mask = batch(form)
    sums = region_sums(logits, mask, per_image=True)

    true, seen = region_counts(mask, logits.shape[1])

    assert torch.equal(true, sums.true)
    assert torch.equal(seen, sums.seen)
