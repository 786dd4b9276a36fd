from dataclasses import fields, is_dataclass

from segcli.comparison import comparison
from segcli.comparison.comparison import CONFIDENCE, SHARES


def test_all_results_are_frozen_and_say_what_they_hold() -> None:
    found = [
        each for each in vars(comparison).values() if isinstance(each, type) and each.__module__ == comparison.__name__
    ]
    assert len(found) == 10
    for each in found:
        assert is_dataclass(each)
        assert each.__dataclass_params__.frozen  # type: ignore[attr-defined]
        documented = each.__doc__ or ""
        assert [field.name for field in fields(each) if f"        {field.name}: " not in documented] == []


def test_shares_rise() -> None:
    assert sorted(SHARES) == list(SHARES)
    assert 0.5 < CONFIDENCE < 1
