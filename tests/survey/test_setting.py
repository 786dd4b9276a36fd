import pytest

from segcli.survey.setting import Setting, count, percent


@pytest.mark.parametrize(
    ("share", "text"), [(0.221, "22.1 %"), (1.0, "100.0 %"), (0.0, "0.0 %"), (0.00042, "0.04 %"), (1e-7, "< 0.0001 %")]
)
def test_shares_are_told_from_nothing(share: float, text: str) -> None:
    assert percent(share) == text


def test_counts_have_a_plural() -> None:
    assert (count(1, "mask"), count(2, "mask")) == ("1 mask", "2 masks")


def test_json_has_keys_as_text() -> None:
    found = Setting("data.mask_values", {0: "a"}, "why", "names", {0: "5 %"}).as_dict()
    assert found == {"key": "data.mask_values", "value": {0: "a"}, "why": "why", "guess": "names", "each": {"0": "5 %"}}
    assert Setting("a", 1).as_dict()["guess"] is None
