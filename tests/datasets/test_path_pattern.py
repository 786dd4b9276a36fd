import pytest

from segcli.datasets.path_pattern import PathPattern, PathPatternError


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("images/{name}.png", "images/a.b.png", {"name": "a.b"}),
        ("images/{name}.png", "images/x/a.png", None),
        ("images/{name}.png", "images/a.PNG", None),
        ("images/{name}", "images/a.PNG", {"name": "a"}),
        ("images/{name}", "images/a.txt", None),
        ("images/{name}", "images/.png", None),
        ("labels/{name}.json", "labels/a.json", {"name": "a"}),
        ("labels/{name}.ah.ppm", "labels/im1.ah.ppm", {"name": "im1"}),
        ("{name}_{part}.png", "case_01_0000.png", {"name": "case_01", "part": "0000"}),
        ("{patient}_{name}.png", "p1_slice_2.png", {"patient": "p1", "name": "slice_2"}),
        ("{split}/{city}/{name}_left", "val/bonn/bonn_3_left.png", {"split": "val", "city": "bonn", "name": "bonn_3"}),
        ("{split}/images/{name}_{split}.tif", "test/images/21_test.tif", {"split": "test", "name": "21"}),
        ("{split}/images/{name}_{split}.tif", "test/images/21_training.tif", None),
        ("{name}/masks/*.png", "a/masks/x+(1).png", {"name": "a"}),
        ("a+(b)/{name}.png", "a+(b)/x.png", {"name": "x"}),
        ("images/{name}.jpg", "images/a\nb.jpg", {"name": "a\nb"}),
        ("images/{name}.*", "images/a.b.seg", {"name": "a.b"}),
        ("images/{name}.{extension}", "images/a.png", {"name": "a", "extension": "png"}),
        ("v1.0/{name}", "v1.0/a.png", {"name": "a"}),
        ("a\u0308/{name}.png", "\u00e4/a.png", {"name": "a"}),
    ],
)
def test_fields_of_paths(pattern: str, path: str, fields: dict[str, str] | None) -> None:
    assert PathPattern(pattern).match(path) == fields


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("images/*.png", r"it has no \{name\}"),
        ("", "empty, . or .."),
        ("images/{name.png", "a brace has no partner"),
        ("images/{name}}.png", "a brace has no partner"),
        ("{}/{name}.png", r"\{\} is no name of a field"),
        ("{my field}/{name}.png", r"\{my field\} is no name of a field"),
        ("{city}{name}.png", "nothing separates two"),
        ("{name}*.png", "nothing separates two"),
        ("../{name}.png", "empty, . or .."),
        ("/data/{name}.png", "empty, . or .."),
        ("images//{name}.png", "empty, . or .."),
    ],
)
def test_wrong_patterns_say_why(pattern: str, reason: str) -> None:
    with pytest.raises(PathPatternError, match=reason):
        PathPattern(pattern)
