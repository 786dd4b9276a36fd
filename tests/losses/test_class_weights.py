import inspect

import pytest
import torch

from segcli.datasets.class_counts import ClassCounts
from segcli.losses.class_weights import ClassWeights
from segcli.registry import names
from segcli.sample import IGNORE_INDEX
from tests.losses.data import loss_class


def test_a_pixel_weighs_what_its_class_does_and_nothing_where_it_is_ignored() -> None:
    mask = torch.tensor([[[0, 1], [2, IGNORE_INDEX]]], dtype=torch.uint8)

    found = ClassWeights("Mine", [0.5, 2.0, 3.0]).of_pixels(mask)

    assert found.tolist() == [[[0.5, 2.0], [3.0, 0.0]]]
    assert ClassWeights("Mine", None).of_pixels(mask).tolist() == [[[1, 1], [1, 0]]]


def test_with_several_labels_a_pixel_weighs_what_the_label_does() -> None:
    mask = torch.tensor([[[[0, 1]], [[IGNORE_INDEX, 0]]]])

    assert ClassWeights("Mine", [0.5, 2.0]).of_pixels(mask).tolist() == [[[[0.5, 0.5]], [[0.0, 2.0]]]]


@pytest.mark.parametrize(
    ("given", "kept"), [([1e300, 1e299], [1.0, 0.1]), ([1e-45, 0.0], [1.0, 0.0]), ([2.0, 3.0], [2.0, 3.0])]
)
def test_weights_that_float32_cannot_add_up_are_scaled(given: list[float], kept: list[float]) -> None:
    values = ClassWeights("Mine", given).values

    assert values is not None
    assert values.tolist() == pytest.approx(kept)


def test_weights_below_the_least_share_are_none() -> None:
    values = ClassWeights("Mine", [10.0, 1.0, 0.9], least=0.1).values

    assert values is not None
    assert values.tolist() == [10.0, 1.0, 0.0]


@pytest.mark.parametrize(("channels", "multilabel", "expected"), [(3, False, 3), (1, False, 2), (3, True, 3)])
def test_there_is_one_weight_per_class(channels: int, multilabel: bool, expected: int) -> None:
    ClassWeights("Mine", [1.0] * expected).check(channels, multilabel)
    ClassWeights("Mine", None).check(channels, multilabel)
    with pytest.raises(ValueError, match=f"Mine got 4 class_weights, expected {expected}, one per"):
        ClassWeights("Mine", [1.0] * 4).check(channels, multilabel)


@pytest.mark.parametrize("weights", [[], [1.0, -1.0], [float("nan")], [float("inf")]])
def test_weights_are_numbers_from_0_up(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"Mine got class_weights \[.*\], expected numbers from 0 up"):
        ClassWeights("Mine", weights)


COUNTS = ClassCounts(("a", "b"), (30, 10), (40, 40), (40, 40), (3, 3))


def test_weights_of_a_rule_wait_for_counts() -> None:
    weights = ClassWeights("Mine", "balanced")
    weights.reserve(2)
    with pytest.raises(ValueError, match="Mine got class_weights balanced, which follow from the training split"):
        weights.check(2, multilabel=False)

    weights.fit_to(COUNTS)

    weights.reserve(2)
    weights.check(2, multilabel=False)
    assert weights.values is not None
    assert weights.values.tolist() == [0.5, 1.5]
    assert weights.note() == weights.unknown() == ""


def test_no_weights_are_in_the_state_of_a_loss() -> None:
    fitted = ClassWeights("Mine", "balanced")
    fitted.fit_to(COUNTS)

    assert fitted.state_dict() == ClassWeights("Mine", [1.0, 9.0]).state_dict() == {}


def test_errors_name_the_argument_of_the_loss() -> None:
    with pytest.raises(ValueError, match=r"Mine got alpha \[-1.0\], expected numbers from 0 up"):
        ClassWeights("Mine", [-1.0], key="alpha")
    with pytest.raises(ValueError, match="Mine got alpha balanced, which follow"):
        ClassWeights("Mine", "balanced", key="alpha").check(2, multilabel=False)
    with pytest.raises(ValueError, match="Mine got 1 alpha, expected 2"):
        ClassWeights("Mine", [1.0], key="alpha").check(2, multilabel=False)


def test_one_channel_is_that_of_the_foreground() -> None:
    weights = ClassWeights("Mine", [1.0, 9.0])

    for channels, expected in ((1, [9.0]), (2, [1.0, 9.0])):
        of_channels = weights.of_channels(channels, torch.device("cpu"))
        assert of_channels is not None
        assert of_channels.tolist() == expected
    assert ClassWeights("Mine", None).of_channels(2, torch.device("cpu")) is None


@pytest.mark.parametrize("name", names("losses"))
def test_every_loss_takes_weights_of_classes_or_says_what_it_has_instead(name: str) -> None:
    kind = loss_class(name)
    parameters, documented = inspect.signature(kind).parameters, inspect.getdoc(kind) or ""
    if "class_weights" in parameters:
        assert "balanced" in str(parameters["class_weights"])
    else:
        assert "class_weights" in documented
