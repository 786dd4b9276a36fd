"""What every registered metric keeps; a new one is covered by its line in the registry."""

import importlib
import math
import pickle

import pytest
import torch
from torch import Tensor

from segcli.image_rows import row_scores
from segcli.metrics.base import ImageMetric, Metric
from segcli.registry import names
from segcli.sample import IGNORE_INDEX
from segcli.score_spec import find_score, with_metrics
from segcli.task_kind import KINDS, TaskName
from tests.metrics.made_batches import CLASSES, drawn, evaluated, perfect

TASKS: tuple[TaskName, ...] = ("multiclass", "binary", "multilabel")


@pytest.fixture(params=names("metrics"))
def cls(request: pytest.FixtureRequest) -> type[Metric]:
    module, _, name = names("metrics")[request.param].partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> TaskName:
    return request.param


def begun(cls: type[Metric], task: TaskName) -> Metric:
    metric = cls()
    metric.begin(task, CLASSES[task])
    return metric


def measured(metric: Metric, logits: Tensor, mask: Tensor, task: TaskName, parts: list[list[int]]) -> Tensor:
    """Value of images that come in some parts."""
    metric.reset()
    probabilities = KINDS[task].probabilities(logits)  # at once: a sigmoid's last bit depends on its place in memory
    for part in parts:
        batch = evaluated(logits[part], mask[part], task, [f"{index}.png" for index in part])
        batch.probabilities = probabilities[part].float()
        metric.update(batch)
    return metric.compute()


def test_states_its_name_its_direction_and_what_the_composer_is_to_know(cls: type[Metric]) -> None:
    spec = cls().spec
    scores = with_metrics([spec])

    assert "higher_is_better" in vars(cls)
    assert "name" in vars(cls)
    assert f"{'higher' if spec.higher_is_better else 'lower'} is better: ``val/{spec.name}``" in " ".join(
        (cls.__doc__ or "").split()
    )
    whole = find_score(f"val/{spec.name}", scores)
    assert whole is not None
    assert whole.spec.lower_is_better != spec.higher_is_better
    if spec.class_name:
        of_class = find_score(f"test/{spec.class_name}/a/b", scores)
        assert of_class is not None
        assert (of_class.spec.per_class, of_class.of_class) == (True, "a/b")
    assert "times the confusion counts" in " ".join((cls.__doc__ or "").split()) or "costs next to nothing" in (
        cls.__doc__ or ""
    )


def test_order_and_size_of_batches_do_not_change_it(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    metric = begun(cls, task)
    whole = measured(metric, logits, mask, task, [[0, 1, 2, 3]])

    assert whole.shape == ((CLASSES[task],) if metric.spec.class_name else ())
    assert not whole.isnan().all()
    for parts in ([[0], [1, 2], [3]], [[3, 1], [2, 0]], [[2], [], [3], [0], [1]]):
        assert measured(metric, logits, mask, task, parts).nan_to_num().equal(whole.nan_to_num())


def test_ignored_pixels_do_not_matter(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    ignored = mask == IGNORE_INDEX
    other = torch.where(ignored if ignored.ndim == 4 else ignored[:, None], -logits * 9, logits)
    metric = begun(cls, task)
    every = [[0, 1, 2, 3]]

    assert not torch.equal(other, logits)
    assert (
        measured(metric, other, mask, task, every)
        .nan_to_num()
        .equal(measured(metric, logits, mask, task, every).nan_to_num())
    )


def test_a_perfect_prediction_has_the_best_value_and_another_a_worse_one(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    metric, every = begun(cls, task), [[0, 1, 2, 3]]
    best = measured(metric, perfect(mask, task), mask, task, every)
    other = measured(metric, logits, mask, task, every)

    known = best[~best.isnan()]
    assert known.allclose(torch.full_like(known, 1.0 if metric.spec.higher_is_better else 0.0))
    worse = other < best if metric.spec.higher_is_better else other > best
    assert worse[~(best.isnan() | other.isnan())].all()


def test_nothing_but_ignored_pixels_has_no_value(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    metric = begun(cls, task)

    assert measured(metric, logits, torch.full_like(mask, IGNORE_INDEX), task, [[0, 1, 2, 3]]).isnan().all()
    metric.reset()
    metric.update(evaluated(logits, mask, task))
    assert not metric.compute().isnan().all()


def test_a_class_that_no_image_holds_has_none(cls: type[Metric]) -> None:
    if not cls.class_name:
        pytest.skip("has no score of a class")
    logits, mask = drawn("multiclass")
    mask[mask == 2] = 0
    logits[:, 2] = -100
    value = measured(begun(cls, "multiclass"), logits, mask, "multiclass", [[0, 1, 2, 3]])

    assert value.isnan().tolist() == [False, False, True]


def test_can_be_pickled_in_the_middle(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    metric = begun(cls, task)
    metric.update(evaluated(logits[:2], mask[:2], task, ["0.png", "1.png"]))
    again = pickle.loads(pickle.dumps(metric))
    for each in (metric, again):
        each.update(evaluated(logits[2:], mask[2:], task, ["2.png", "3.png"]))

    assert again.compute().nan_to_num().equal(metric.compute().nan_to_num())
    assert again.spec == metric.spec
    assert metric.state_dict() == {}


def test_takes_logits_of_half_precision_and_leaves_its_arguments_alone(cls: type[Metric], task: TaskName) -> None:
    logits, mask = drawn(task)
    before = logits.clone(), mask.clone()
    value = measured(begun(cls, task), logits.bfloat16(), mask, task, [[0, 1, 2, 3]])

    assert value.dtype == torch.float64
    assert not math.isnan(float(value.nanmean()))
    torch.testing.assert_close((logits, mask), before)


def test_what_each_image_adds_gives_the_score_of_any_images(cls: type[Metric], task: TaskName) -> None:
    if not issubclass(cls, ImageMetric):
        pytest.skip("has no values by image")
    logits, mask = drawn(task)
    metric = begun(cls, task)
    measured(metric, logits, mask, task, [[3, 1], [0, 2]])
    paths, rows = metric.images

    assert paths == ["0.png", "1.png", "2.png", "3.png"]
    for part in ([0, 1], [2], [1, 3]):
        found = torch.from_numpy(row_scores(rows[part].sum(axis=0)))
        expected = measured(metric, logits, mask, task, [part]).reshape(-1)
        torch.testing.assert_close(found, expected, equal_nan=True, rtol=0, atol=1e-12)
