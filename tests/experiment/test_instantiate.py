from pathlib import Path

import pytest
from pytorch_lightning import Callback

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.experiment.arguments import RunArguments
from segcli.experiment.instantiate import instantiate
from segcli.experiment.job import Job, parse_experiment
from segcli.runs.run_folder import RunFolder


def job(file: Path, *overrides: str) -> Job:
    experiment = compose([file], list(overrides))
    return Job("tune", "x", RunArguments("tune"), experiment, parse_experiment(experiment), RunFolder(file.parent))


def test_there_are_no_other_callbacks(tiny: Path) -> None:
    built, callback = job(tiny), Callback()

    instantiate(built, [callback], load_weights=False)

    assert built.cli.trainer.callbacks == [callback]  # type: ignore[attr-defined]


def test_what_a_constructor_refuses_is_one_error(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = job(tiny, "--data.batch_size=0")

    with pytest.raises(ConfigError, match="expected batches of at least 1"):
        instantiate(refused, [], load_weights=False)
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")
    with pytest.raises(ValueError, match="expected batches of at least 1"):
        instantiate(refused, [], load_weights=False)
