from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.runs.named_run import named_run
from tests.run_folders import write_run


def test_a_whole_run_is_read(tmp_path: Path) -> None:
    path = write_run(tmp_path / "runs" / "x" / "3")
    assert named_run(path).name == named_run(str(path)).name == "x/3"


def test_what_is_none_is_an_error_that_names_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "killed", status="running")
    with pytest.raises(ConfigError, match="error: no folder nowhere; name that of a run, such as runs/quickstart/1"):
        named_run("nowhere")
    with pytest.raises(ConfigError, match="error: killed did not finish"):
        named_run("killed")
