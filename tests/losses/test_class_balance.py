import math

import pytest

from segcli.datasets.class_counts import ClassCounts
from segcli.losses.class_balance import Balance, class_balance, without_effect

# two images of 100 pixels: 60 of a and 20 of b, the rest ignored, and 20 of a and 80 of c
COUNTS = ClassCounts(("a", "b", "c"), (80, 20, 80), (180, 180, 180), (180, 80, 100), (2, 1, 1))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("balanced", [1 / 80, 1 / 20, 1 / 80]),
        ("median_frequency", [80 / 180 / (80 / 180), 80 / 180 / (20 / 80), 80 / 180 / (80 / 100)]),
        ("enet", [1 / math.log(1.02 + 80 / 180), 1 / math.log(1.02 + 20 / 180), 1 / math.log(1.02 + 80 / 180)]),
        ("effective_number", [1 / sum(0.9999**i for i in range(n)) for n in (80, 20, 80)]),
    ],
)
def test_weights_are_those_of_the_papers_and_1_on_average(how: Balance, expected: list[float]) -> None:
    found = class_balance(COUNTS, how)

    assert sum(found) == pytest.approx(3)
    assert [weight / found[0] for weight in found] == pytest.approx([weight / expected[0] for weight in expected])


def test_balanced_classes_weigh_the_same_in_all() -> None:
    found = class_balance(COUNTS, "balanced")

    assert [weight * n for weight, n in zip(found, COUNTS.pixels, strict=True)] == pytest.approx([found[0] * 80] * 3)


@pytest.mark.parametrize("how", ["balanced", "median_frequency", "enet", "effective_number"])
def test_a_class_that_does_not_occur_is_named(how: Balance) -> None:
    counts = COUNTS._replace(pixels=(80, 0, 80), seen_with_class=(180, 0, 100))

    with pytest.raises(ValueError, match=f"weights by {how} got no training pixel of 'b', expected at least one"):
        class_balance(counts, how)


def test_weights_without_effect_are_told() -> None:
    many = COUNTS._replace(pixels=(10**7, 10**5, 10**6))

    found = class_balance(many, "effective_number")

    assert without_effect(found, "effective_number") == (
        "weights by effective_number: all are between 1.000 and 1.000, no effect; try median_frequency"
    )
    assert without_effect(class_balance(COUNTS, "effective_number"), "effective_number") == ""
    assert without_effect([1.0, 1.0], "enet").endswith("no effect")
