from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from segcli.config.errors import ConfigError
from segcli.experiment.job import Job
from segcli.experiment.training import train


class _Trainer:
    """A trainer that ends at once."""

    max_epochs, max_steps, interrupted, global_step = 0, -1, False, 0

    def fit(self, *_: object, **given: object) -> None:
        self.given = given


def _job(trainer: _Trainer) -> Job:
    cli = SimpleNamespace(trainer=trainer, model=None, datamodule="data")
    job: Any = SimpleNamespace(
        cli=cli, resumed=None, checkpoint=Path("x.ckpt"), folder=SimpleNamespace(path="runs/x/1")
    )
    return cast(Job, job)


@pytest.mark.parametrize("interrupted", [True, False])
def test_a_run_without_a_step_is_a_mistake_unless_it_was_interrupted(
    interrupted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcli.callbacks.run_record.has_trained", lambda trainer: False)
    trainer = _Trainer()
    trainer.interrupted = interrupted
    if interrupted:
        train(_job(trainer))
    else:
        with pytest.raises(ConfigError, match=r"nothing was trained: the run ends at trainer.max_epochs 0"):
            train(_job(trainer))
    assert trainer.given == {"datamodule": "data", "ckpt_path": Path("x.ckpt"), "weights_only": True}
