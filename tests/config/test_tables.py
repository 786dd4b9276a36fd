import pytest

from segcli.config.tables import WIDTH, line_width, text_table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert text_table([("a", "1"), ("bbb", "22")], ("name", "n")) == ["name  n", "a     1", "bbb   22"]
    assert text_table([("a", "1")], indent=3) == ["   a  1"]
    assert text_table([]) == []


def test_long_cells_are_folded_at_spaces() -> None:
    lines = text_table([("name", "one two three four")], width=16)
    assert lines == ["name  one two", "      three four"]
    assert text_table([("one two", "x")], widest=(4,)) == ["one   x", "two"]


def test_no_cell_moves_the_cursor_or_breaks_its_line() -> None:
    assert text_table([("\x1b[2J", "a\nb", "[red]x[/red]")], ("\x07", "", "")) == [
        "\\x07",
        "\\x1b[2J  a\\nb  [red]x[/red]",
    ]


@pytest.mark.parametrize(("columns", "width"), [(None, WIDTH), ("40", 40), ("x", WIDTH), ("0", WIDTH)])
def test_columns_of_the_environment_say_how_wide_a_line_is(
    columns: str | None, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert line_width() == width


def test_a_dumb_terminal_that_is_to_be_coloured_has_no_width_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert text_table([("x " * 59,)], width=WIDTH) == [("x " * 59).rstrip()]
