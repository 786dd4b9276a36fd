from itertools import chain

import pytest

from segcli.datasets.hash_split import hash_limit, hash_split

NAMES = [f"image_{number}" for number in range(1000)]


def sizes(count: int, fractions: list[float], seed: int = 0) -> tuple[list[int], int]:
    parts, rest = hash_split(NAMES[:count], NAMES[:count], fractions, seed)
    assert sorted(chain(*parts, rest)) == sorted(NAMES[:count])
    return [len(part) for part in parts], len(rest)


@pytest.mark.parametrize("seed", range(3))
def test_sizes_are_exact(seed: int) -> None:
    assert sizes(1000, [0.1, 0.2], seed) == ([100, 200], 700)
    assert sizes(11, [0.1, 0.2], seed) == ([1, 2], 8)


@pytest.mark.parametrize(
    ("count", "fractions", "expected"),
    [
        (5, [0.05, 0.05], ([1, 1], 3)),
        (3, [0.45, 0.45], ([1, 1], 1)),
        (3, [0.9], ([2], 1)),
        (2, [0.1, 0.2], ([0, 1], 1)),
        (1, [0.1, 0.2], ([0, 0], 1)),
        (3, [0.0, 0.0], ([0, 0], 3)),
        (3, [], ([], 3)),
    ],
)
def test_few_images_fill_every_part_as_far_as_they_go(
    count: int, fractions: list[float], expected: tuple[list[int], int]
) -> None:
    assert sizes(count, fractions) == expected


def test_the_order_of_the_items_is_kept() -> None:
    (test, val), train = hash_split(range(1000), NAMES, [0.1, 0.2])
    assert [test, val, train] == [sorted(test), sorted(val), sorted(train)]
    assert val != list(range(val[0], val[0] + 200))


def test_the_split_follows_from_names_not_from_positions() -> None:
    forward, backward = hash_split(NAMES, NAMES, [0.3]), hash_split(NAMES[::-1], NAMES[::-1], [0.3])
    assert set(forward[0][0]) == set(backward[0][0])


def test_one_more_image_moves_at_most_one_other_across_each_border() -> None:
    for count in range(10, 60):
        before, train_before = hash_split(NAMES[:count], NAMES[:count], [0.1, 0.2])
        after, train_after = hash_split(NAMES[: count + 1], NAMES[: count + 1], [0.1, 0.2])
        old = set(NAMES[:count])
        assert len(set(before[0]) ^ set(after[0]) & old) <= 1
        assert len(set(train_before) ^ set(train_after) & old) <= 1


def test_seeds_differ() -> None:
    assert hash_split(NAMES, NAMES, [0.2], seed=1) != hash_split(NAMES, NAMES, [0.2], seed=2)
    assert hash_limit(NAMES, NAMES, 10, seed=1) != hash_limit(NAMES, NAMES, 10, seed=2)


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


def test_items_of_one_name_stay_together() -> None:
    clips = [f"clip_{number % 25}" for number in range(1000)]  # 40 frames each
    for seed in range(5):
        (test, val), train = hash_split(range(1000), clips, [0.1, 0.2], seed)
        of_parts = [{clips[item] for item in part} for part in (test, val, train)]
        assert not any(one & other for one in of_parts for other in of_parts if one is not other)
        assert [len(test), len(val), len(train)] == [80, 200, 720] or [len(test), len(val)] == [120, 200]
        assert train == sorted(train)


def test_clips_of_unequal_lengths_come_as_close_to_the_share_as_the_next_one_lets_them() -> None:
    clips = [f"clip_{number}" for number in range(30) for _ in range(1 + 7 * (number % 3))]
    (val,), train = hash_split(range(len(clips)), clips, [0.25])
    assert abs(len(val) - len(clips) / 4) <= 7.5
    assert len(val) + len(train) == len(clips)


def test_few_clips_leave_parts_empty_as_few_images_do() -> None:
    (test, val), train = hash_split(range(6), ["a"] * 3 + ["b"] * 3, [0.2, 0.2])
    assert (len(test), len(val), len(train)) == (0, 3, 3)
    assert hash_split(range(3), ["a"] * 3, [0.2]) == ([[]], [0, 1, 2])
