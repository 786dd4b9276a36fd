import math

import numpy as np
import pytest
import torch
from torch import Tensor

from segcli.datasets.mask_targets import MaskTargets
from segcli.datasets.signed_distance import signed_distances
from segcli.losses.boundary_loss import BoundaryLoss
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, by_class, million, probabilities


def distance(true: Tensor, valid: Tensor) -> Tensor:
    """Distance of each pixel from the nearest on the other side, less a half, by looking at all pairs."""
    places = torch.cartesian_prod(*map(torch.arange, true.shape)).double()
    apart = torch.cdist(places, places).masked_fill(~valid.flatten(), math.inf)
    inside = true.flatten()
    nearest = [row[inside != here].min() - 0.5 for row, here in zip(apart, inside, strict=True)]
    return torch.stack(nearest).view(true.shape)


def by_pairs(logits: Tensor, mask: Tensor, normalise: bool, weights: list[float] | None) -> Tensor:
    terms, sizes = [], []
    of_class = weights[-logits.shape[1] :] if weights else [1.0] * logits.shape[1]
    for image in range(len(mask)):
        scores = probabilities(logits[image : image + 1].double(), mask[image : image + 1])
        for weight, (score, true, valid) in zip(of_class, by_class(scores, mask[image : image + 1]), strict=True):
            p, t, seen = score[0], true[0] & valid[0], valid[0]
            if t.any() and (seen & ~t).any():
                rows, columns = seen.nonzero().T
                extent = math.hypot(int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)
                away = distance(t, seen)[seen] / (extent if normalise else 1)
                terms.append((weight * away * (p - t.double()).abs()[seen]).sum())
                sizes.append(weight * int(seen.sum()))
    return torch.stack(terms).sum() / sum(sizes)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("weights", [None, [0.1, 0.2, 0.05, 0.4]])
def test_equals_its_definition_in_value_and_gradient(form: str, normalise: bool, weights: list[float] | None) -> None:
    logits, mask = batch(form)
    given = weights[:2] if weights and form == "binary" else weights

    ours = BoundaryLoss(normalise, class_weights=given)(logits, mask)
    expected = by_pairs(logits, mask, normalise, given)

    torch.testing.assert_close(ours.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(expected, logits))


def test_has_the_gradient_of_equation_5() -> None:
    logits, mask = batch("multiclass")
    logits, mask = logits[3:], mask[3:]
    mask[0, 0, 0] = 2  # every class is there
    phi = torch.from_numpy(np.stack([signed_distances(each.numpy(), 4) for each in mask]))

    ours = BoundaryLoss(normalise=False)(logits, mask)
    equation = (phi * logits.softmax(1)).mean()

    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(equation, logits))


def test_an_absent_class_and_one_that_fills_the_image_count_nothing() -> None:
    mask = torch.tensor([[[0, 0, 1, IGNORE_INDEX]], [[2, 2, 2, IGNORE_INDEX]]], dtype=torch.uint8)
    logits = torch.zeros(2, 3, 1, 4, requires_grad=True)

    loss = BoundaryLoss(normalise=False)(logits, mask)

    # p is 1/3: of the first class 1.5, 0.5 and 0.5 px weigh 2/3, 2/3 and 1/3, of the second 1/3, 1/3 and 2/3
    assert loss.item() == pytest.approx((2.5 / 3 * 2 - 0.5 / 3 + 2.5 / 3 + 0.5 / 3) / 6)
    assert BoundaryLoss()(logits, torch.zeros_like(mask)) == 0


def test_half_precision_logits_of_a_million_pixels() -> None:
    logits, mask = million("binary")
    rough = logits.detach().half()
    phi = torch.from_numpy(signed_distances(mask[0].numpy(), 1)).double()
    p = rough[0].double().sigmoid()

    found = BoundaryLoss(normalise=False)(rough, mask)

    assert found.item() == pytest.approx((phi.abs() * (p - (phi < 0).double()).abs()).mean().item(), rel=1e-5)


def test_its_share_rises_over_the_training_alone() -> None:
    logits, mask = batch("multiclass")
    whole, rising = BoundaryLoss()(logits, mask), BoundaryLoss(rises=True)
    assert rising.progress is not None

    for progress, share in ((0.0, 0.01), (0.5, 0.505), (1.0, 1.0)):
        rising.progress.fill_(progress)
        torch.testing.assert_close(rising(logits, mask), share * whole)

    rising.progress.fill_(0)
    assert torch.equal(rising.eval()(logits, mask), whole)
    assert not rising.state_dict()


@pytest.mark.parametrize("form", FORMS)
def test_it_takes_the_distances_that_it_is_given(form: str) -> None:
    logits, mask = batch(form)
    loss = BoundaryLoss()
    given = MaskTargets(loss.mask_targets, logits.shape[1]).completed(mask, None)

    for ours, own in zip(loss.sums(logits, mask, given), loss.sums(logits, mask), strict=True):
        assert torch.equal(ours, own)
    doubled = {name: 2 * each for name, each in given.items()}
    assert torch.equal(loss.total(logits, mask, doubled), 2 * loss.total(logits, mask))
    assert torch.equal(loss.total(logits, mask, {"another": mask}), loss.total(logits, mask))


def test_distances_of_another_size_are_an_error() -> None:
    logits, mask = batch("multiclass")
    with pytest.raises(ValueError, match=r"got signed_distance of shape \(4, 1, 6, 10\).* expected .*\(4, 4, 6, 10\)"):
        BoundaryLoss().sums(logits, mask, {"signed_distance": torch.zeros(4, 1, 6, 10)})
