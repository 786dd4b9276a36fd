from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.trial import TrialState

from segcli.config.errors import ConfigError
from segcli.sweeps.cell import Cell, Typed
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.optuna_parts import quiet_optuna
from segcli.sweeps.plan import Plan, plan_search
from segcli.sweeps.space import read_space
from segcli.sweeps.study import Study, mark, settings_of

SPACE = "sampler: {class_path: RandomSampler, seed: 1}\nspace: {seed_everything: {low: 1, high: 999}}\n"


def _plan(experiment: Path, space: str = SPACE, *words: str) -> Plan:
    Path("space.yaml").write_text(space)
    return plan_search(Typed((experiment,), words), read_space(Path("space.yaml")))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet_optuna():
        yield


def test_trials_are_kept(experiment: Path) -> None:
    study = Study(_plan(experiment))
    first, second, third = study.ask(), study.ask(), study.ask()
    study.complete(first, 0.5)
    second.report(0.2, 0)
    study.prune(second)
    study.fail(third)
    study.close()
    again = Study(_plan(experiment))
    assert [trial.state for trial in again.trials] == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]
    assert again.best is not None
    assert settings_of(again.best) == settings_of(first)
    again.close()


def test_proposals_do_not_depend_on_when_a_search_was_killed(experiment: Path) -> None:
    def propose(storage: str, at_once: int) -> list[int]:
        plan, seeds = _plan(experiment, f"{SPACE}storage: sqlite:///{storage}\n"), list[int]()
        while len(seeds) < 6:
            study = Study(plan)  # begun anew
            for _ in range(at_once):
                trial = study.ask()
                seeds.append(trial.params["seed_everything"])
                study.complete(trial, 1.0)
            study.close()
        return seeds

    undisturbed = propose("a.db", 6)
    assert len(set(undisturbed)) == 6
    assert propose("b.db", 2) == undisturbed


def test_a_trial_that_was_killed_comes_again(experiment: Path) -> None:
    plan = _plan(experiment)
    study = Study(plan)
    killed, begun, alive = study.ask(), study.ask(), study.ask()
    cells = {trial: Cell.of(plan.typed, settings_of(trial)) for trial in (killed, alive)}
    for trial, cell in cells.items():
        cell.freeze()
        mark(trial, cell)
    lock = CellLock(cells[alive].file(".lock"))
    assert lock.acquire()
    study.close()

    again = Study(plan)
    with again.alone():
        stale = again.recover()
        assert [trial.number for trial in stale] == [0, 1]
        assert again.recover() == []
    assert [trial.number for trial in again.trials] == [2]
    assert [again.ask().params for _ in range(2)] == [killed.params, begun.params]
    assert len(again.trials) == 3
    lock.release()
    again.close()


@pytest.mark.parametrize(
    ("space", "words", "message"),
    [
        (SPACE, ("--trainer.max_epochs", "4"), "trainer.max_epochs: 3 → 4"),
        (f"metric: val/mDice\ndirection: maximize\n{SPACE}", (), "metric: val/mIoU → val/mDice"),
        (SPACE.replace("{seed_", "{model.decoder: {choices: [FPN]}, seed_"), (), "space.model.decoder: null → "),
    ],
)
def test_another_search_does_not_mix_with_it(
    experiment: Path, space: str, words: tuple[str, ...], message: str
) -> None:
    study = Study(_plan(experiment))
    trial = study.ask()
    study.close()
    Study(_plan(experiment, space, *words)).close()  # nothing was completed yet
    study = Study(_plan(experiment))
    study.complete(study.ask(), 0.5)
    study.close()
    with pytest.raises(ConfigError, match="give this one a name of its own with study: NAME") as caught:
        Study(_plan(experiment, space, *words))
    assert message in str(caught.value)
    Study(_plan(experiment, f"study: other\n{space}", *words)).close()
    assert trial.number == 0


def test_a_storage_that_cannot_be_opened_is_told(experiment: Path) -> None:
    with pytest.raises(ConfigError, match="storage nosql:///x cannot be opened: "):
        Study(_plan(experiment, f"storage: nosql:///x\n{SPACE}"))
    Path("file").write_text("")
    with pytest.raises(ConfigError, match=r"storage sqlite:///file/a.db cannot be opened: "):
        Study(_plan(experiment, f"storage: sqlite:///file/a.db\n{SPACE}"))


def test_a_sampler_that_does_not_know_a_key_is_told(experiment: Path) -> None:
    space = SPACE.replace("{class_path: RandomSampler, seed: 1}", "{class_path: GridSampler, search_space: {x: [1]}}")
    study = Study(_plan(experiment, space))
    with pytest.raises(ConfigError, match="sampler: "):
        study.ask()
    study.close()
