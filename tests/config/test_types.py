import pytest

from segcli.config.types import accepts, takes_null


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        ("int", [1, -3], ["a", 1.5, True, None]),
        ("float", [1, 2.5], ["a", False]),
        ("bool", [True], [1, "true"]),
        ("str", ["a"], [1, None]),
        ("int | None", [None, 1], ["a"]),
        ("Optional[int]", [None, 1], ["a"]),
        ("Union[int, str]", [1, "a"], [1.5]),
        ("Literal['a', 'b']", ["a"], ["c"]),
        ("list[float]", [[], [1, 2.5]], [["a"], 1.0]),
        ("tuple[float, float]", [[1, 2]], [[1], [1, 2, 3]]),
        ("tuple[int, ...]", [[1, 2, 3]], [["a"]]),
        ("dict[int, str]", [{0: "a"}, {"255": "b"}], [{"x": "a"}, {0: 1}]),
        ("list[A.BasicTransform] | None", [None, [{"class_path": "x"}]], ["x" * 0 or 3]),
        ("'int'", [1], ["a"]),
        ("Any", [None, 1, "a"], []),
    ],
)
def test_plain_types(annotation: str, good: list[object], bad: list[object]) -> None:
    assert all(accepts(annotation, value) for value in good)
    assert not any(accepts(annotation, value) for value in bad)


def test_what_cannot_be_told_is_left_to_the_parser() -> None:
    assert accepts("_PRECISION_INPUT", "bf16-mixed")
    assert accepts("not an annotation", 3)


def test_null() -> None:
    assert takes_null("")
    assert takes_null("Loss | None")
    assert not takes_null("Loss")
