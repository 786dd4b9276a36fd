import pytest

from segcli.datasets.hash_split import hash_limit, hash_split

NAMES = [f"image_{number}" for number in range(1000)]


def test_parts_are_disjoint_complete_and_about_their_size() -> None:
    (val, test), train = hash_split(NAMES, NAMES, [0.2, 0.1])
    assert sorted([*val, *test, *train]) == sorted(NAMES)
    assert abs(len(val) - 200) < 40
    assert abs(len(test) - 100) < 30


def test_nothing_changes_sides_when_images_arrive() -> None:
    (before,), _ = hash_split(NAMES[::2], NAMES[::2], [0.2])
    (after,), _ = hash_split(NAMES, NAMES, [0.2])
    assert set(before) == set(after) & set(NAMES[::2])


def test_seeds_differ() -> None:
    assert hash_split(NAMES, NAMES, [0.2], seed=1) != hash_split(NAMES, NAMES, [0.2], seed=2)
    assert hash_limit(NAMES, NAMES, 10, seed=1) != hash_limit(NAMES, NAMES, 10, seed=2)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("fraction", [0.1, 0.9])
@pytest.mark.parametrize("seed", range(10))
def test_few_images_still_fill_every_part(count: int, fraction: float, seed: int) -> None:
    (val,), train = hash_split(NAMES[:count], NAMES[:count], [fraction], seed)
    assert val
    assert train


def test_no_fraction_takes_nothing() -> None:
    assert hash_split(NAMES[:3], NAMES[:3], [0.0, 0.0]) == ([[], []], NAMES[:3])


@pytest.mark.parametrize("fractions", [[1.0], [0.6, 0.4], [-0.1]])
def test_impossible_fractions_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="fractions"):
        hash_split(NAMES, NAMES, fractions)


def test_limits_are_nested_and_keep_the_order() -> None:
    ten, hundred = hash_limit(NAMES, NAMES, 10), hash_limit(NAMES, NAMES, 100)
    assert len(ten) == 10
    assert set(ten) < set(hundred)
    assert [NAMES.index(name) for name in hundred] == sorted(NAMES.index(name) for name in hundred)
    assert hash_limit(NAMES, NAMES, None) == hash_limit(NAMES, NAMES, 5000) == NAMES
    with pytest.raises(ValueError, match="limit got 0"):
        hash_limit(NAMES, NAMES, 0)
