import pytest

from segcli.datasets.pattern_text import fault_of, fields_of, tokens_of


def test_parts_are_told_apart() -> None:
    tokens = tokens_of("{a}/x_{b}*.{a}")
    assert [token.lastgroup for token in tokens] == ["field", "slash", "text", "field", "any", "text", "field"]
    assert fields_of(tokens) == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("{a}_{b}/*", ""),
        ("{a", "a brace has no partner"),
        ("{a b}", "{a b} is no name of a field"),
        ("{a}*", "nothing separates two of its fields or *"),
        ("a//{b}", "a part between slashes is empty, . or .."),
    ],
)
def test_faults_of_any_pattern(pattern: str, fault: str) -> None:
    assert fault_of(pattern, tokens_of(pattern)) == fault
