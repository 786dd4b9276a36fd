import pytest

from segcli.datasets import data_progress
from segcli.datasets.data_progress import DataProgress


def test_a_log_file_gets_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 10.0, 31.0, 31.0, 40.0])
    monkeypatch.setattr(data_progress.time, "monotonic", lambda: next(now))
    with DataProgress(3, "checking data") as progress:
        for _ in range(3):
            progress.advance()
    assert capsys.readouterr().err == "checking data: 2 of 3 images\n"
