import pytest

from segcli.datasets.group_pattern import GroupPattern, GroupPatternError


@pytest.mark.parametrize(
    ("pattern", "path", "group"),
    [
        ("{drive}_*", "val/0016E5_07959.png", "0016E5"),
        ("{drive}_*", "0016E5_07959", "0016E5"),
        ("{patient}/*", "images/p07/slice_3.png", "p07"),
        ("{patient}/*/*", "images/p07/mr/3.png", "p07"),
        ("{city}_{sequence}_*", "val/bonn/bonn_000004_000019_leftImg8bit.png", "bonn/000004"),
        ("{city}_*", "bonn_000004_000019.png", "bonn"),  # as few characters as possible
        ("seq_{number}_*", "seq_12_0001.png", "12"),
        ("*_{scan}", "a_b_c.png", "b_c"),
        ("{name}", "val_00003", "val_00003"),
        ("{clip}.*", "clip.0001.png", "clip"),
        ("[{a}]+*", "[x]+1.png", "x"),  # everything else is itself
        ("{drive}_*", "images/plain.png", None),
        ("{drive}_*", "a_b/plain.png", None),  # neither field nor * takes a slash
        ("{drive}_*", "_1.png", None),  # a field takes one character at least
        ("train/{clip}/*", "val/c1/1.png", None),
        ("{a}/{b}/*", "b/1.png", None),
    ],
)
def test_fields_name_the_group(pattern: str, path: str, group: str | None) -> None:
    assert GroupPattern(pattern).group(path) == group


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "*", "clip", "{}", "{ }", "{a", "a}", "{{a}}", "{a}{b}", "{a}*", "*{a}", "**/{a}", "{a}_{a}"),
        *("{a!r}", "{0}", "/{a}", "{a}/", "{a}//*", "../{a}", "./{a}"),
    ],
)
def test_what_is_no_pattern_is_an_error_that_shows_one(pattern: str) -> None:
    with pytest.raises(GroupPatternError, match=r"expected a pattern such as '\{drive\}_\*'"):
        GroupPattern(pattern)


def test_images_that_it_does_not_fit_are_named() -> None:
    paths = ["val/a_1.png", *(f"val/other{n}.png" for n in range(7))]
    with pytest.raises(GroupPatternError, match=r"does not fit 7 of 8 images: val/other0, .*val/other4 and 2 more; "):
        GroupPattern("{clip}_*").groups(paths)
    assert GroupPattern("{clip}_*").groups(["v/a_1.png", "v/b_1.png", "v/a_2.png"]) == ["a", "b", "a"]
    assert GroupPattern("{clip}_{n}").fields == ("clip", "n")
