from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.dumper import dump, dump_inline, dump_standalone, shown_yaml
from segcli.config.errors import ConfigError
from segcli.config.loader import load_text
from segcli.config.node import Source, from_plain


@pytest.mark.parametrize(
    "value", ["1e3", "1e-3", "0o17", "yes", "12", "null", "~", "", "a: b", "0x1f", 1e-5, 3, None, True]
)
def test_what_is_dumped_loads_as_it_was(value: object) -> None:
    tree = {"a": [value], "b": {0: value}}
    assert load_text(dump(tree), "x").plain() == tree


def test_the_same_list_twice_is_written_twice() -> None:
    shared = [1, 2]
    assert "&" not in dump({"a": shared, "b": shared})


@pytest.mark.parametrize("value", ["two\nlines", {"a": [1, "x: y"], 0: None}, 3, "a b " * 60])
def test_inline_is_one_line(value: object) -> None:
    text = dump_inline(value)
    assert "\n" not in text
    assert load_text(f"a: {text}", "x").plain() == {"a": value}


LITERALS = ["${a.b}", r"\${a.b}", r"\\${a}", "${", "a ${b c} d", "${oc.env:HOME}", "${a}${b}", "\\", "$", "100 % ${x}"]


@pytest.mark.parametrize("text", LITERALS)
def test_a_standalone_file_means_its_text_literally(write: Callable[[str, str], Path], text: str) -> None:
    tree = {"run": {"name": text, "more": {text: [text]}}}
    file = write("flat.yaml", dump_standalone(from_plain(tree, Source("x"))))
    assert compose([file], checked=False).plain() == tree


@pytest.mark.parametrize("tree", [{"a": {"b+": [1]}}, {"a": [{"extends": "x"}]}])
def test_a_key_that_composing_acts_on_cannot_be_written(tree: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"a\.(b\+|0\.extends): cannot stand in a file"):
        dump_standalone(from_plain(tree, Source("x")))


def test_yaml_is_shown_without_hidden_characters_and_with_its_values() -> None:
    text = 'a: x\u202ey  # \u2066\nb: |-\n  one\u200e\n  two\nc: &c [\'\u202e\']\n\u202e: 1\nd: "\\"\u202e"\n'
    shown = shown_yaml(text)
    assert shown.replace("\n", "").isprintable()
    assert load_text(shown, "x").plain() == load_text(text, "x").plain()
    assert shown_yaml("a: 'é'  # ok\n") == "a: 'é'  # ok\n"
