import pytest

from segcli.downloads import byte_progress
from segcli.downloads.byte_progress import ByteProgress


@pytest.mark.parametrize(("total", "told"), [(4_000_000, "a.zip: 2 MB of 4 MB\n"), (None, "a.zip: 2 MB\n")])
def test_a_log_file_gets_a_line_now_and_then(
    total: int | None, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ByteProgress("a.zip") as progress:
        progress.show(1_000_000, total)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(byte_progress, "LINE_S", 0.0)
        progress.show(2_000_000, total)
    assert capsys.readouterr() == ("", told)


@pytest.mark.parametrize("total", [4_000_000, None])
def test_a_terminal_gets_a_bar(
    total: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(byte_progress, "LINE_S", 0.0)
    with ByteProgress("a.zip") as progress:
        progress.show(2_000_000, total)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "a.zip" in shown.err
    assert "2.0" in shown.err
