import pytest

from segcli.config.errors import ConfigError
from segcli.config.loader import load_text
from segcli.sweeps.dimension import Choices, Range, read_dimension


def _read(text: str) -> Choices | Range:
    return read_dimension("space.a", load_text(text, "space.yaml"))


@pytest.mark.parametrize(
    ("text", "dimension", "examples"),
    [
        ("{low: 1e-5, high: 1e-2, log: true}", Range(1e-5, 1e-2, log=True), ("1.0e-05", "0.01")),
        ("{low: 4, high: 16, step: 4}", Range(4, 16, 4, whole=True), ("4", "16")),
        ("{low: 0, high: 0.5}", Range(0, 0.5), ("0", "0.5")),
        ("{choices: [FPN, null, [1, 2], 0.5]}", Choices(("FPN", "null", "[1, 2]", "0.5")), None),
    ],
)
def test_what_is_written_is_read(text: str, dimension: Choices | Range, examples: tuple[str, ...] | None) -> None:
    found = _read(text)
    assert found == dimension
    assert found.examples() == (examples or found.examples())
    if isinstance(found, Range):
        assert found.whole == (text == "{low: 4, high: 16, step: 4}")


def test_ranges_are_shown_in_short() -> None:
    assert str(_read("{low: 1e-5, high: 1e-2, log: true}")) == "1e-05 .. 0.01, log"
    assert str(_read("{low: 4, high: 16, step: 4}")) == "4 .. 16, step 4"
    assert str(_read("{choices: [FPN, UNet]}")) == "FPN, UNet"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "space.a: got [1, 2], expected {low: A, high: B} or {choices: [A, B]}"),
        ("{low: 1}", "space.a: lacks high, or choices"),
        ("{low: 2, high: 1}", "expected low below high"),
        ("{low: 0, high: 1, log: true}", "expected low above 0 where log is true"),
        ("{low: 1, high: 9, log: true, step: 2}", "expected no step where log is true"),
        ("{low: 1, high: 9, step: 0}", "expected step above 0 and at most high - low"),
        ("{low: 1, high: 9, step: 10}", "expected step above 0 and at most high - low"),
        ("{low: a, high: 9}", "space.a.low: got a, expected a number"),
        ("{low: true, high: 9}", "space.a.low: got true, expected a number"),
        ("{low: 0, high: .inf}", "space.a.high: got .inf, expected a number"),
        ("{low: 1, high: 9, log: 1}", "space.a.log: got 1, expected true or false"),
        ("{low: 1, high: 9, steps: 2}", "space.a.steps: unknown key (did you mean 'step'?)"),
        ("{choice: [1]}", "space.a.choice: unknown key (did you mean 'choices'?)"),
        ("{choices: [1], low: 1}", "space.a.low: unknown key"),
        ("{choices: []}", "space.a.choices: got [], expected a list of values"),
        ("{choices: [a, a]}", "names a value twice"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(text)
    assert message in str(caught.value)
    assert "--> space.yaml:1" in str(caught.value)


def test_numbers_are_remembered_as_they_were_spelt() -> None:
    found = _read("{choices: [001, 77950e8, ~, '#3', [01, x]]}")
    assert isinstance(found, Choices)
    assert found.texts == ("1", "7795000000000.0", "null", "'#3'", "[1, x]")
    assert found.written == ("001", "77950e8", "~", "'#3'", "[01, x]")
