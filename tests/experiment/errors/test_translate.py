from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError, Problem
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.inference.checkpoint import CheckpointError


def test_what_a_rule_knows_becomes_an_error_with_its_cause() -> None:
    error = CheckpointError("no checkpoint x")
    with pytest.raises(ConfigError, match="error: no checkpoint x") as caught, translated():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [ValueError("a bug"), ConfigError([Problem("told already")]), KeyboardInterrupt()])
def test_everything_else_stays(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert caught.value is error


def test_what_code_raises_stays_where_that_is_asked_for(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building, error = Building(compose([tiny])), ValueError("FPN got x")
    with pytest.raises(ConfigError, match=r"model\.decoder: FPN got x"), translated(building):
        raise error
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")
    with pytest.raises(ValueError, match="FPN got x"), translated(building):
        raise error
