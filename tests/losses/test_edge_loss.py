import pytest
import torch
from torch import Tensor

from segcli.losses.class_edges import class_edges
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.edge_loss import EdgeLoss, _balanced, _sums
from segcli.losses.running_sums import RunningSums
from segcli.losses.step_loss import StepLoss
from segcli.losses.weighted_sum import WeightedSum
from segcli.prediction import DensePrediction, EdgePrediction
from segcli.sample import IGNORE_INDEX
from tests.losses.data import FORMS, batch, dense

SIZE = (6, 10)


def edge_logits(images: int = 4) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(images, 1, *SIZE, requires_grad=True)


def predicted(logits: Tensor, edges: Tensor) -> DensePrediction:
    return DensePrediction(logits, SIZE, [EdgePrediction(edges, SIZE)])


def value(criterion: EdgeLoss, prediction: DensePrediction, mask: Tensor) -> Tensor:
    return criterion.combine(criterion.values(criterion.sums(prediction, mask)))


def by_pixel(edges: Tensor, mask: Tensor, radius_px: int) -> Tensor:
    """Equation 2 of HED in float64, pixel by pixel, by the number of pixels."""
    truth = class_edges(mask, radius_px)
    assert set(truth.unique().tolist()) == {0, 1, IGNORE_INDEX}
    known = [(z, t) for z, t in zip(edges.double().flatten(), truth.flatten().tolist(), strict=True) if t < 2]
    share = sum(1 - t for _, t in known) / len(known)
    losses = [-share * z.sigmoid().log() if t else -(1 - share) * (1 - z.sigmoid()).log() for z, t in known]
    return torch.stack(losses).sum() / len(known)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weight", [0.0, 20.0])
def test_it_is_the_loss_of_classes_and_the_balanced_one_of_edges(form: str, weight: float) -> None:
    (logits, mask), edges = batch(form), edge_logits()
    mask = torch.where(mask == IGNORE_INDEX, 0, mask)[..., ::3, ::5]
    mask = mask.repeat_interleave(3, dim=-2).repeat_interleave(5, dim=-1)
    mask[0, ..., 0, :3] = IGNORE_INDEX
    terms = WeightedSum([CrossEntropyLoss(), DiceLoss()], [1.0, 0.5])

    found = value(EdgeLoss(terms, weight, radius_px=1), predicted(logits, edges), mask)

    expected = terms(logits, mask) + weight * by_pixel(edges, mask, 1)
    torch.testing.assert_close(found.double(), expected.double())
    torch.testing.assert_close(
        torch.autograd.grad(found, (logits, edges)), torch.autograd.grad(expected, (logits, edges))
    )


def test_gradients_in_double_precision() -> None:
    mask = torch.zeros(1, *SIZE, dtype=torch.uint8)
    mask[:, 3:] = 1
    logits = edge_logits(1).detach().double().squeeze(1).requires_grad_()

    assert torch.autograd.gradcheck(lambda x: _balanced(*_sums(x, class_edges(mask, 1))), (logits,))


def test_it_is_computed_in_float32() -> None:
    (logits, mask), edges = batch("multiclass"), edge_logits().detach().bfloat16().requires_grad_()
    criterion = EdgeLoss(CrossEntropyLoss(), radius_px=1)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = value(criterion, predicted(logits, edges), mask)

    assert found.dtype == torch.float32
    torch.testing.assert_close(found, value(criterion, predicted(logits, edges.float()), mask))


@pytest.mark.parametrize("label", [0, IGNORE_INDEX])
def test_without_edges_and_without_pixels_it_is_the_loss_of_classes(label: int) -> None:
    logits, edges = batch("multiclass")[0], edge_logits()
    mask = torch.full((4, *SIZE), label, dtype=torch.uint8)

    found = value(EdgeLoss(CrossEntropyLoss()), predicted(logits, edges), mask)

    torch.testing.assert_close(found, CrossEntropyLoss()(logits, mask))
    assert (torch.autograd.grad(found, edges)[0] == 0).all()


def test_one_pixel_is_enough() -> None:
    prediction = DensePrediction(torch.zeros(1, 3, 1, 1), (1, 1), [EdgePrediction(torch.zeros(1, 1, 1, 1), (1, 1))])

    assert value(EdgeLoss(CrossEntropyLoss()), prediction, torch.ones(1, 1, 1)).item() == pytest.approx(
        1.0986, abs=1e-4
    )


def test_edges_are_named_beside_the_classes_and_evaluation_has_none() -> None:
    (logits, mask), criterion = batch("multiclass"), EdgeLoss(CrossEntropyLoss(), 20.0, radius_px=1)
    trained, evaluated = RunningSums(), RunningSums()
    for image in range(4):
        trained.update(
            criterion.sums(
                predicted(logits[image : image + 1], edge_logits()[image : image + 1]), mask[image : image + 1]
            )
        )
        evaluated.update(criterion.sums(dense(logits[image : image + 1]), mask[image : image + 1]))

    means = criterion.means(trained)
    assert list(means) == ["loss", "loss_CrossEntropyLoss", "loss_edges"]
    assert means["loss"] == pytest.approx(value(criterion, predicted(logits, edge_logits()), mask).item(), rel=1e-6)
    assert criterion.means(evaluated) == {"loss": pytest.approx(means["loss_CrossEntropyLoss"])}
    assert [line.partition(":")[0] for line in criterion.definition(2)] == ["CrossEntropyLoss", "edges"]
    assert criterion.of_large_batches() == ["edges"]


def test_gradients_of_two_batches_are_accumulated() -> None:
    (logits, mask), edges, criterion = batch("multiclass"), edge_logits(), EdgeLoss(CrossEntropyLoss(), radius_px=1)
    step = StepLoss()
    step.begin(criterion, [mask[:2], mask[2:]], 4, 2)

    parts = [
        step(criterion, criterion.sums(predicted(logits[cut], edges[cut]), mask[cut]), position, 2, 2)
        for position, cut in enumerate((slice(0, 2), slice(2, 4)))
    ]

    (found,) = torch.autograd.grad((parts[0] + parts[1]) / 2, logits)
    torch.testing.assert_close(found, torch.autograd.grad(CrossEntropyLoss()(logits, mask), logits)[0])


def test_what_cannot_be_compared_is_refused() -> None:
    logits, criterion = batch("multiclass")[0], EdgeLoss(CrossEntropyLoss())
    both = predicted(logits, edge_logits())

    assert criterion.refusal(both) == ""
    assert criterion.mismatch(dense(logits)) == ""  # an evaluation has no edges
    assert "EdgeLoss compares edges, which nothing predicts; add EdgeHead" in criterion.refusal(dense(logits))
    both.extra = (*both.extra, dense(logits))
    assert "training has 2 extra predictions" in criterion.refusal(both)
    assert "CrossEntropyLoss compares classes, but EdgeHead predicts edges" in DenseCriterion(
        CrossEntropyLoss(), 0.4
    ).refusal(predicted(logits, edge_logits()))
    with pytest.raises(ValueError, match="radius_px 0, expected at least 1"):
        EdgeLoss(CrossEntropyLoss(), radius_px=0)
    with pytest.raises(ValueError, match="weight -1, expected a number from 0 up"):
        EdgeLoss(CrossEntropyLoss(), weight=-1)
