"""No registered loss leaves its bounds, whatever its parameters, masks and logits; a new one is covered by its name."""

import inspect
import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.losses.base import Loss
from segcli.losses.class_weights import SMALLEST
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.tversky_loss import TverskyLoss
from segcli.sample import IGNORE_INDEX
from tests.contracts.test_losses import REQUIRED
from tests.losses.data import FORMS, OF_LOGITS, loss_class

NUMBERS = (0.0, 1e-45, 1e-30, 1e-7, 0.3, 1.0, 2.0, 100.0, 1e4, 5e5, 1e6, 1e12, 1e38, float("inf"), float("nan"), -1.0)
MOST = 40
"""Sets of parameters that are tried of each loss and form of task, all of one parameter's among them."""
LARGEST_LOGIT = 1e4
LARGEST_LOSS = 100 * LARGEST_LOGIT
"""Pixels of the mask times twice the largest logit is what label smoothing beside a weight of 0 may come to."""
LARGEST_GRADIENT = 1e4


def channels(form: str) -> int:
    return {"multiclass": 3, "binary": 1, "multilabel": 2}[form]


def weights(form: str, of_mean: bool) -> list[list[float]]:
    """Return weights, large ones where a mean is weighted; factors of a loss make a large one of it, and rightly so."""
    count = channels(form) if form == "multilabel" else max(2, channels(form))
    firsts = (0.0, 1e-30, 1e-8, *[1e6, 1e300] * of_mean)
    return [[0.0] * count, *([first] + [1.0] * (count - 1) for first in firsts), [1e-45] * count]


def edges(parameter: inspect.Parameter, form: str) -> list[Any]:
    """Return values to try, among them some that the constructor may refuse."""
    annotation = str(parameter.annotation)
    if annotation.startswith("list[float]"):
        return weights(form, of_mean=parameter.name == "class_weights")
    if "Literal" in annotation:
        return [word for word in ("skip", "count") if f"'{word}'" in annotation]
    if parameter.annotation is int:
        return [0, 1, 3, 10**9, -1]
    return [True, False] if parameter.annotation is bool else list(NUMBERS)


def settings(kind: type[Loss], form: str) -> Iterator[dict[str, Any]]:
    parameters = {
        n: p for n, p in inspect.signature(kind).parameters.items() if p.default is not inspect.Parameter.empty
    }
    yield {}
    values = {name: edges(parameter, form) for name, parameter in parameters.items()}
    for name, each in values.items():
        yield from ({name: value} for value in each)
    together = list(itertools.islice(itertools.product(*values.values()), 100_000))
    for one in random.Random(0).sample(together, min(MOST, len(together))):
        yield dict(zip(values, one, strict=True))


def built(name: str, form: str) -> Iterator[tuple[Loss, dict[str, Any]]]:
    kind = loss_class(name)
    required = REQUIRED.get(name, {})
    for options in settings(kind, form):
        try:
            yield kind(**{**required, **options}), options
        except ValueError:  # out of its range, and said so
            continue


def masks(form: str) -> Iterator[Tensor]:
    shape = (2, channels(form), 5, 7) if form == "multilabel" else (2, 5, 7)
    highest = 3 if form == "multiclass" else 2
    every = torch.randint(highest, shape, dtype=torch.uint8)
    yield every
    yield from (torch.full(shape, label, dtype=torch.uint8) for label in (0, 1, IGNORE_INDEX))
    part = every.clone()
    part[0] = part[..., :4, :] = IGNORE_INDEX
    yield part
    rare = torch.zeros(shape, dtype=torch.uint8)
    rare[0, ..., 0, 0] = 1
    yield rare


def logits(form: str) -> Iterator[Tensor]:
    shape = (2, channels(form), 5, 7)
    noise = torch.randn(shape).clamp(-1, 1)
    yield from (noise, noise.bfloat16(), noise * LARGEST_LOGIT, (noise * LARGEST_LOGIT).half())
    for size in (LARGEST_LOGIT, 95.0, 88.0):  # of which e^-95 is no normal number of float32, and e^-88 is
        for sign in (1, -1):
            sure = torch.full(shape, -size * sign)
            sure[:, 0] = size * sign if channels(form) == 1 else 0
            yield sure


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OF_LOGITS)
def test_value_and_gradient_stay_within_bounds(name: str, form: str) -> None:
    torch.manual_seed(0)
    cases = list(itertools.product(masks(form), logits(form)))
    for loss, options in built(name, form):
        some = {0: len(cases), 1: 24}.get(len(options), 8)
        for mask, given in random.Random(str(options)).sample(cases, some):
            score = given.clone().requires_grad_()
            value = loss(score, mask)
            (gradient,) = torch.autograd.grad(value, score)
            assert 0 <= value.item() <= LARGEST_LOSS * scale(options), (options, mask, given)
            assert gradient.isfinite().all(), (options, mask, given)
            assert gradient.abs().max() <= LARGEST_GRADIENT * scale(options), (options, mask, given)


def scale(options: dict[str, Any]) -> float:
    """Return what label smoothing may make of a loss, as in torch: the ratio of two weights."""
    weights = options.get("class_weights")
    if not (weights and options.get("label_smoothing") and max(weights)):
        return 1.0
    return max(weights) / min(weight for weight in weights if weight >= SMALLEST * max(weights))


@pytest.mark.parametrize("name", OF_LOGITS)
@pytest.mark.parametrize("value", [torch.inf, -torch.inf, torch.nan])
@pytest.mark.parametrize("form", FORMS)
def test_a_logit_that_is_no_number_shows_or_counts_as_a_large_one(name: str, value: float, form: str) -> None:
    """What a broken model says must not become a usual loss."""
    torch.manual_seed(0)
    mask, score = next(masks(form)), next(logits(form))
    broken, large = score.clone(), score.clone()
    broken[0, 0, 2, 3], large[0, 0, 2, 3] = value, math.copysign(LARGEST_LOGIT, value)
    loss, _ = next(built(name, form))

    found = loss(broken, mask)

    if found.isfinite():
        assert not math.isnan(value)
        torch.testing.assert_close(found, loss(large, mask))


@pytest.mark.parametrize("tiny", [0.0, 1e-45, 1e-30])
@pytest.mark.parametrize("form", FORMS)
def test_smoothing_without_a_weight_that_counts_is_no_loss(form: str, tiny: float) -> None:
    """Only pixels of a class whose weight is, next to the others, nothing."""
    loss = CrossEntropyLoss([tiny] + [1.0] * (max(2, channels(form)) - 1), label_smoothing=0.1)
    score, mask = torch.randn(2, channels(form), 4, 4), torch.zeros(2, 4, 4, dtype=torch.uint8)
    if form == "multilabel":
        mask = mask.unsqueeze(1).repeat(1, 2, 1, 1)
        mask[:, 1] = IGNORE_INDEX

    assert loss(score, mask) == 0


def test_an_underflowed_probability_is_a_whole_error_of_tversky() -> None:
    score = torch.zeros(1, 2, 4, 4)
    score[:, 1] = -90.0
    score.requires_grad_()

    loss = TverskyLoss(alpha=1.0, beta=0.0, smooth=0.0)(score, torch.ones(1, 4, 4, dtype=torch.uint8))
    loss.backward()

    assert loss == 1
    assert score.grad is not None
    assert score.grad.isfinite().all()
