from pathlib import Path

import pytest

from segcli.cli.main import main


def test_without_a_terminal_each_epoch_is_one_line(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny)]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in lines] == ["1/2", "2/2"]
    assert all("train/loss" in line and "val/mIoU" in line and line.endswith(" s") for line in lines)


def test_with_a_terminal_there_is_a_bar(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["fit", "-c", str(tiny)]) == 0
    out, err = capsys.readouterr()
    assert "Epoch 1" in out + err
    assert "val/mIoU" in out + err


def test_no_bar_and_no_lines_where_none_are_wanted(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.enable_progress_bar=false"]) == 0
    assert "epoch 1" not in capsys.readouterr().err
