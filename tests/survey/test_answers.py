from collections.abc import Sequence

import pytest

from segcli.survey.answers import Asked, Likeliest
from segcli.survey.setting import Setting

VALUES = Setting("data.mask_values", {0: "class_0", 7: "class_7"}, "2 values", "the names", {0: "70 %", 7: "30 %"})
VOID = Setting("data.ignore_values", [255], "255 (5 %)", "usually unlabelled")
GROUP = Setting("data.group", "{clip}_*", "frames", "numbers in names")
SURE = Setting("data.image", "{name}.png")


def asked(*typed: str) -> tuple[Asked, list[str]]:
    answers, shown = list(typed), list[str]()

    def ask(question: str) -> str:
        shown.append(question)
        return answers.pop(0)

    return Asked(ask, shown.append), shown


def test_what_is_likeliest_stays_a_guess() -> None:
    assert Likeliest().chosen("which?", ["a", "b"]) == 0
    assert Likeliest().corrected([VALUES, SURE]) == [VALUES, SURE]


def test_names_are_typed_and_empty_ones_kept() -> None:
    answers, shown = asked("sky", "")
    (found,) = answers.corrected([VALUES])
    assert found.value == {0: "sky", 7: "class_7"}
    assert found.guess == ""
    assert "70 %" in shown[1]


@pytest.mark.parametrize(
    ("typed", "values", "ignored"), [("", {0: "a", 7: "b"}, [[255]]), ("edge", {0: "a", 7: "b", 255: "edge"}, [])]
)
def test_an_ignored_value_may_be_a_class(typed: str, values: dict[int, str], ignored: list[list[int]]) -> None:
    answers, _ = asked("a", "b", typed)
    first, *others = answers.corrected([VALUES, VOID])
    assert first.value == values
    assert [each.value for each in others] == ignored


def test_other_guesses_are_taken_or_left() -> None:
    assert asked("")[0].corrected([GROUP, SURE])[0].guess == ""
    answers, shown = asked("perhaps", "no")
    assert answers.corrected([GROUP, SURE]) == [SURE]
    assert "expected yes or no" in shown[-2]


@pytest.mark.parametrize(("typed", "number"), [([""], 0), (["2"], 1), (["5", "x", "1"], 0)])
def test_patterns_are_chosen_by_number(typed: Sequence[str], number: int) -> None:
    answers, _ = asked(*typed)
    assert answers.chosen("which?", ["a", "b"]) == number
    assert asked()[0].chosen("which?", ["a"]) == 0
