from pathlib import Path

import pytest

from segcli.runs.run_folder import FOLDER_VARIABLE
from segcli.sweeps import cell_trainer
from tests.sweeps.fake import write_experiment


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment in an empty working directory; runs are looked at without delay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    monkeypatch.setattr(cell_trainer, "FOLLOW_S", 0.0)
    return write_experiment(tmp_path)
