from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.experiment_file import experiment_file


def test_a_run_folder_stands_for_its_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    with pytest.raises(ConfigError, match=r"run is a folder without a config.yaml"):
        experiment_file("run")
    Path("run/config.yaml").write_text("")
    assert experiment_file("run") == Path("run/config.yaml")
    Path("good.yaml").write_text("")
    with pytest.raises(ConfigError, match=r"did you mean 'good\.yaml'"):
        experiment_file("god.yaml")


def test_a_preset_is_named_as_in_extends() -> None:
    assert compose([experiment_file("segcli:quickstart")]).get("trainer.max_epochs") == 7
    with pytest.raises(ConfigError, match=r"no preset 'segcli:quikstart' \(did you mean 'segcli:quickstart'\?\)"):
        experiment_file("segcli:quikstart")
