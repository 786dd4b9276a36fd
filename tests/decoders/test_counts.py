"""Widths, layers and other counts of every registered decoder and head."""

import inspect
from typing import get_args, get_type_hints

import pytest
import torch

from segcli.decoders.base import Decoder, Head
from segcli.decoders.counts import expect_at_least_one
from segcli.registry import names
from tests.contracts import test_decoders as decoders
from tests.contracts import test_heads as heads

OTHERWISE = dict.fromkeys(("EdgeHead.level", "FCN.level"), "negative levels count from the deepest")
"""Whole numbers that may be 0 or less."""


def counts(cls: type) -> list[tuple[str, bool]]:
    """Arguments of whole numbers, and whether each takes a list of them."""
    hints = get_type_hints(cls.__init__)
    of = {key: {hint, *get_args(hint)} for key, hint in hints.items()}
    return [(key, list[int] in types) for key, types in of.items() if types & {int, list[int]}]


COUNTS = [
    (name, argument, takes_list)
    for name in names("decoders")
    for argument, takes_list in counts(decoders.decoder_class(name))
    if argument not in ("num_outputs", "features") and f"{name}.{argument}" not in OTHERWISE
]


@pytest.mark.parametrize(("name", "argument", "takes_list"), COUNTS)
def test_none_below_one_makes_a_decoder(name: str, argument: str, takes_list: bool) -> None:
    cls: type[Decoder | Head] = decoders.decoder_class(name)
    small = (
        decoders.SMALL.get(name, {})
        if issubclass(cls, Decoder)
        else {**heads.SMALL.get(name, {}), **heads.OF_PYRAMIDS.get(name, {}), "num_outputs": 3}
    )
    parameters = inspect.signature(cls).parameters
    needed = {key for key, parameter in parameters.items() if parameter.default is inspect.Parameter.empty}
    required = {key: value for key, value in small.items() if key in needed}
    for value in ([], [0], [8, -1]) if takes_list else (0, -1):
        with torch.device("meta"), pytest.raises(ValueError, match=rf"{name} got .*{argument}"):
            cls(decoders.CNN, **{**required, argument: value})


def test_what_was_not_given_or_is_large_enough_passes() -> None:
    expect_at_least_one("FPN", width=1, rates=[1, 2], channels=None)
