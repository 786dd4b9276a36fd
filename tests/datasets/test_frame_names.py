import random

import pytest

from segcli.datasets.frame_names import frame_sequences
from segcli.datasets.group_pattern import GroupPattern


@pytest.mark.parametrize(
    ("names", "sequences", "pattern"),
    [
        ([f"0016E5_{n:05d}.png" for n in range(7959, 8160, 2)], 1, "{clip}_*"),
        ([f"{d}_{n:05d}.png" for d in ("0001TP", "0016E5") for n in range(6690, 9000, 30)], 2, "{clip}_*"),
        ([f"clip{c}/{n}.jpg" for c in range(4) for n in range(30)], 4, "{clip}/*"),
        ([f"b/b_{s:06d}_{n:06d}_leftImg8bit.png" for s in range(3) for n in range(20)], 3, "{clip1}_{clip2}_*"),
        ([f"frame{n:04d}" for n in range(50)], 1, "{clip}/*"),
        ([f"{n:03d}.png" for n in range(12)], 1, "{clip}/*"),
        ([f"a-{n}" for n in range(100, 0, -1)] + ["cover"], 1, "{clip}-*"),
        (random.Random(0).sample([f"s_{n:04d}.png" for n in range(500)], 100), 1, "{clip}_*"),  # a split by hashes
    ],
)
def test_names_of_frames_are_recognised_with_a_pattern_that_fits(
    names: list[str], sequences: int, pattern: str
) -> None:
    found = frame_sequences(names)
    assert found is not None
    assert (len(found.names), found.pattern) == (sequences, pattern)
    paths = [f"images/{name}" for name in names if any(letter.isdigit() for letter in name)]
    assert len(set(GroupPattern(found.pattern).groups(paths))) == (sequences if "frame" not in paths[0] else 1)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [f"img_{n}" for n in range(9)],  # too few to tell
        ["tree", "house", "road", "car", "sky", "pole", "sign", "fence", "bike", "person", "dog", "cat"],
        [f"2007_{random.Random(n).randrange(10000):06d}.jpg" for n in range(60)],  # VOC
        [f"{random.Random(n).randrange(10**12):012d}.jpg" for n in range(100)],  # COCO
        [f"patient{n}_{m}" for n in range(30) for m in (0, 1)],  # two of each
    ],
)
def test_other_names_are_not(names: list[str]) -> None:
    assert frame_sequences(names) is None


def test_every_frame_is_told_by_its_position_and_number() -> None:
    names = ["b_7.png", "cover.png", *(f"a_{n}.png" for n in range(12, 0, -1)), "b_8.png", "b_9.png"]
    found = frame_sequences(names)
    assert found is not None
    assert found.names == ("a_", "b_")
    assert found.frames[0] == tuple((position, 14 - position) for position in range(2, 14))
    assert found.frames[1] == ((0, 7), (14, 8), (15, 9))
