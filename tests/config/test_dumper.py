import pytest

from segcli.config.dumper import dump
from segcli.config.loader import load_text


@pytest.mark.parametrize(
    "value", ["1e3", "1e-3", "0o17", "yes", "12", "null", "~", "", "a: b", "0x1f", 1e-5, 3, None, True]
)
def test_what_is_dumped_loads_as_it_was(value: object) -> None:
    tree = {"a": [value], "b": {0: value}}
    assert load_text(dump(tree), "x").plain() == tree
