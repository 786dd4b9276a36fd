from textwrap import dedent

import pytest

from segcli.config.errors import ConfigError
from segcli.config.spans import entries, without


def _cut(text: str, *path: object) -> str | None:
    text = dedent(text)
    return without(text, next(entry for entry in entries(text) if entry.path == path))


def test_every_key_is_found_a_mapping_before_its_keys() -> None:
    text = "a: {b: 1, 2: [x, {c: null}]}\nd:\n  - e: !del\n    'f': >\n      g\n"
    paths = [entry.path for entry in entries(text)]
    assert paths == [("a",), ("a", "b"), ("a", 2), ("a", 2, 1, "c"), ("d",), ("d", 0, "e"), ("d", 0, "f")]


def test_spans_hold_key_and_value() -> None:
    text = "a: &x {b: 1}  # c\nd: *x\ne:\nf: |\n  one\n\n  two\n\ng: 'h'\n"
    found = {entry.path: text[entry.start : entry.end] for entry in entries(text)}
    assert found == {
        ("a",): "a: &x {b: 1}",
        ("a", "b"): "b: 1",
        ("d",): "d: *x",
        ("e",): "e:",
        ("f",): "f: |\n  one\n\n  two",
        ("g",): "g: 'h'",
    }


def test_whole_lines_go_with_the_comment_behind_them() -> None:
    assert _cut("a: 1\nb: 2  # why\nc: 3\n", "b") == "a: 1\nc: 3\n"
    assert _cut("a:\n  b: 1  # b\n  c: 2\n", "a", "b") == "a:\n  c: 2\n"
    assert _cut("a: 1\nb: 2", "b") == "a: 1\n"


def test_comments_on_lines_of_their_own_stay_at_the_indentation_of_the_key() -> None:
    text = """
        # above
        a:
          # inside
          b: 1
          # below
        c: 3
    """
    assert _cut(text, "a") == "\n# above\n# inside\n  # below\nc: 3\n"


def test_a_hash_inside_a_text_of_several_lines_is_no_comment() -> None:
    assert _cut("a: |\n  x\n  # y\nb: 1\n", "a") == "b: 1\n"
    assert _cut("a: |\n  # y\n  # z\nb: 1\n", "a") == "b: 1\n"


def test_blank_lines_do_not_pile_up() -> None:
    assert _cut("a: 1\n\nb: 2\n\nc: 3\n", "b") == "a: 1\n\nc: 3\n"


@pytest.mark.parametrize(
    ("text", "key", "rest"),
    [
        ("{a: 1, b: 2, c: 3}", "a", "{b: 2, c: 3}"),
        ("{a: 1, b: 2, c: 3}", "b", "{a: 1, c: 3}"),
        ("{a: 1, b: 2, c: 3}", "c", "{a: 1, b: 2}"),
        ("{a: 1, b: 2,}", "b", "{a: 1,}"),
        ("{a: 1,b}", "b", "{a: 1}"),
        ("{a: [1, 2] , b: 2}", "a", "{b: 2}"),
        ("{a: 1,  # why\n b: 2}", "a", "{b: 2}"),
        ("{a: 1,  # why\n # b\n b: 2}", "a", "{\n # b\n b: 2}"),
        ("{a: 1,  # why\n b: 2}", "b", "{a: 1,  # why\n }"),
    ],
)
def test_in_braces_an_entry_goes_with_one_comma(text: str, key: str, rest: str) -> None:
    assert _cut(text, key) == rest


def test_behind_a_dash_the_next_key_moves_up() -> None:
    assert _cut("a:\n  - b: 1  # b\n    c: 2\n", "a", 0, "b") == "a:\n  - c: 2\n"
    assert _cut("a:\n  - b: 1\n    # c\n    c: 2\n", "a", 0, "b") is None
    assert _cut("a:\n  - b: 1\n", "a", 0, "b") is None


def test_windows_line_ends_stay() -> None:
    assert _cut("a: 1\r\nb: 2  # why\r\nc: 3\r\n", "b") == "a: 1\r\nc: 3\r\n"


def test_an_only_entry_knows_it() -> None:
    assert [entry.is_only for entry in entries("a: {b: 1}\nc: 2")] == [False, True, False]


def test_a_tab_that_only_one_parser_takes_is_an_error() -> None:
    with pytest.raises(ConfigError, match="write line 1 without tabs"):
        entries("{a: \t[0.5, 2.0]}\n")
