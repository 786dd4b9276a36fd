import re

import pytest

from segcli.experiment.errors.plain_words import joined, plain_words, shorten


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Expected a <class 'pytorch_lightning.accelerators.Accelerator'>", "Expected a Accelerator"),
        (f"got {int}, {len}, {re.sub}", "got int, len, sub"),
        (f"got {object()}", "got object"),
        ("for typing.Optional[typing.Union[int, typing.List[str]]] here", "for int | list[str] | None here"),
        ("Given Namespace(a=Namespace(b=1))", "Given ..."),
        ("typing.Literal['a', 'b'] and typing.Any", "Literal['a', 'b'] and Any"),
        ("a list[int] < 3 > 2 and t.png", "a list[int] < 3 > 2 and t.png"),
        ("Optional[int", "Optional[int"),
    ],
    ids=lambda text: re.sub("0x[0-9a-f]+", "0x", text),  # an address differs from process to process
)
def test_reprs_become_words(text: str, plain: str) -> None:
    assert plain_words(text) == plain


def test_types_that_a_value_is_none_of_are_listed() -> None:
    reasons = ["Expected a <class 'bool'>", "Expected a typing.Literal['warn']", "Not a valid subclass of Strategy"]
    assert joined(reasons) == "expected bool or 'warn' or Strategy"
    assert joined([]) == ""


def test_long_messages_become_one_line_of_bounded_length() -> None:
    assert shorten("a\n\n  b  ") == "a; b"
    assert len(shorten("x" * 1000)) == 400
