import pytest

from segcli.config.yaml_events import YamlError, read_items


def read(text: str) -> object:
    return read_items(text, 10, 50, 1000)


def test_lines_ends_and_quotes_are_kept() -> None:
    root = read_items("a: 1\n'b': [x, \"y\"]\n", 10, 50, 1000)
    assert root is not None
    (a, one), (b, items) = root.pairs
    assert [(a.value, a.is_plain, a.line), (one.value, one.is_plain)] == [("a", True, 0), ("1", True)]
    assert (b.value, b.is_quoted, b.is_plain, b.line) == ("b", True, False, 1)
    assert [(item.value, item.is_quoted) for item in items.value] == [("x", False), ("y", True)]
    assert items.end == len("a: 1\n'b': [x, \"y\"]")


def test_an_alias_is_the_object_of_its_anchor() -> None:
    root = read_items("a: &x {b: 1}\nc: *x\n", 10, 50, 1000)
    assert root is not None
    (_, first), (_, second) = root.pairs
    assert first is second


def test_nothing_is_none() -> None:
    assert read("# only this\n") is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: *x\n", 1, "an alias refers to no anchor"),
        ("a: 1\nb: &x [*x]\n", 1, "refers to a mapping that contains it"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: \x00\n", 0, "character #x0000"),
        ("a: [" + "[" * 20, 0, "nests deeper than 10 levels"),
        ("a: [" + "x, " * 100 + "]", 0, "holds more than 50 values"),
        ("a: " + "x" * 2000, None, "too long"),
        ("a: \udcff", None, "characters that YAML allows no text"),
        ("a: @b", 0, "put a text with such a character into quotes"),
        ("a: b: c", 0, "into quotes"),
        ("a:\n\tb: 1", 1, "indent with spaces"),
        ("a: {b: !del}", 0, "!del needs a space after it"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(YamlError, match=message.replace("(", r"\(")) as caught:
        read(text)
    assert caught.value.line == line


def test_what_may_quote_the_text_is_told_apart() -> None:
    with pytest.raises(YamlError) as caught:
        read("*secret")
    assert "secret" not in str(caught.value)
    assert caught.value.detail == "*secret"
