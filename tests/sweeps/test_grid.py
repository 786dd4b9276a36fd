import pytest

from segcli.config.errors import ConfigError
from segcli.config.overrides import parse_overrides
from segcli.sweeps.grid import as_words, combinations, parse_variations, split_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("UNet,FPN", ["UNet", "FPN"]),
        ("[1,2],[3,4]", ["[1,2]", "[3,4]"]),
        ("{class_path: FPN, width: [1, 2]}, UNet", ["{class_path: FPN, width: [1, 2]}", "UNet"]),
        ("'a,b',\"c,d\"", ["'a,b'", '"c,d"']),
        ("['a]',b],c", ["['a]',b]", "c"]),
        ("it's,its", ["it's", "its"]),
        ("1", ["1"]),
        ("a,,b", ["a", "", "b"]),
    ],
)
def test_values_are_split_outside_of_brackets_and_quotes(text: str, values: list[str]) -> None:
    assert split_values(text) == values


@pytest.mark.parametrize(("text", "message"), [("[1,2", "lacks a ']'"), ("'a", 'lacks a "\'"'), ("1],2", "closes")])
def test_what_is_not_closed_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_values(text)


def test_the_last_key_changes_fastest() -> None:
    grid = combinations(parse_variations(["a=1,2", "b=x,y"]))
    assert [[text for _, text in cell] for cell in grid] == [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]


def test_init_args_are_left_out_of_keys() -> None:
    assert list(parse_variations(["model.decoder.init_args.dropout=0,1"])) == ["model.decoder.dropout"]


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_variations(["a", "=1", "b=1,,2", "c=[1", "d=1", "d=2", "e=1,2,1"])
    messages = [problem.message for problem in caught.value.problems]
    expected = ["KEY=VALUE", "KEY=VALUE", "empty value", "lacks a ']'", "d twice", "e got 1 twice"]
    assert len(messages) == len(expected)
    assert all(part in message for part, message in zip(expected, messages, strict=True))


def test_words_are_overrides_that_read_as_they_were_written() -> None:
    words = as_words((("a.b", "-1"), ("c", "[1, 2]"), ("d", "--x")))
    layers, problems = parse_overrides(words)
    assert not problems
    assert [layer.plain() for layer in layers] == [{"a": {"b": -1}}, {"c": [1, 2]}, {"d": "--x"}]
