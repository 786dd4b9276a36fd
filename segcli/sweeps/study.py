"""The trials of a search, kept by Optuna so that a search that was killed can be resumed."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError, Problem
from segcli.private_names import close_storage
from segcli.sweeps.cell import FOLDER, Cell
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.grid import Settings
from segcli.sweeps.optuna_parts import distribution, pruner, sampler
from segcli.sweeps.plan import SQLITE, Plan, choices_of

LOCK, AGAIN, RUN, MINUTES = "lock", "again", "run", "minutes"
_BASIS = "segcli"
_MOST_SHOWN = 4


class Study:
    """Propose trials and remember what became of them.

    Args:
        plan: The search.

    Raises:
        ConfigError: If sampler or pruner cannot be built, the data base not opened, or its study is of another search.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        sampler(plan.space.sampler, 0)
        self._distributions = {key: distribution(each) for key, each in plan.space.dimensions.items()}
        self._lock = plan.parent / FOLDER / "study.lock"
        self._study = _open(plan, pruner(plan.space.pruner))
        self._require_same()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other searches from proposing a trial, or giving one up, for the time of a block."""
        lock = CellLock(self._lock)
        while not lock.acquire():
            time.sleep(0.05)
        try:
            yield
        finally:
            lock.release()

    @property
    def trials(self) -> list[FrozenTrial]:
        """Every trial that counts: not those that were killed and came again, nor those that wait."""
        found = self._study.get_trials(deepcopy=False)
        again = {trial.user_attrs.get(AGAIN) for trial in found}
        return [trial for trial in found if trial.state != TrialState.WAITING and trial.number not in again]

    @property
    def best(self) -> FrozenTrial | None:
        """The best complete trial."""
        done = [trial for trial in self.trials if trial.state == TrialState.COMPLETE]
        return self._study.best_trial if done else None

    def recover(self) -> list[FrozenTrial]:
        """Let trials that were at work when their search was killed come again; return them."""
        stale = [trial for trial in self.trials if trial.state == TrialState.RUNNING and not _is_alive(trial)]
        for trial in stale:
            self._study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number})
            self._study.tell(trial.number, state=TrialState.FAIL)
        return stale

    def ask(self) -> Trial:
        """Propose a trial.

        Raises:
            ConfigError: If the sampler cannot, as one that does not know a key of the space.
        """
        self._study.sampler = sampler(self._plan.space.sampler, len(self.trials))
        try:
            return self._study.ask(self._distributions)
        except (ValueError, ImportError) as error:
            raise ConfigError([Problem(str(error), "sampler", self._plan.space.sources.get("sampler"))]) from None

    def complete(self, trial: Trial, value: float) -> None:
        """Note the value of a trial."""
        self._study.tell(trial, value)

    def prune(self, trial: Trial) -> None:
        """Note that a trial was ended early."""
        self._study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial) -> None:
        """Note that a trial has no value."""
        self._study.tell(trial, state=TrialState.FAIL)

    def close(self) -> None:
        """Give the data base back."""
        close_storage(self._study)

    def _require_same(self) -> None:
        """Refuse to mix trials that cannot be compared."""
        basis = {
            "metric": self._plan.objective.metric,
            "direction": self._plan.objective.direction,
            **{f"space.{key}": texts for key, texts in choices_of(self._plan.space).items()},
            **self._plan.fixed,
        }
        now = json.loads(json.dumps(basis, default=str))
        before = self._study.user_attrs.get(_BASIS)
        has_values = any(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in self.trials)
        if before is not None and has_values:
            keys = [key for key in {**now, **before} if before.get(key) != now.get(key)]
            if keys:
                raise ConfigError([Problem(self._difference(keys, before, now))])
        if before != now:
            self._study.set_user_attr(_BASIS, now)

    def _difference(self, keys: list[str], before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
        shown = [f"{key}: {dump_inline(before.get(key))} → {dump_inline(now.get(key))}" for key in keys[:_MOST_SHOWN]]
        shown += [f"and {len(keys) - _MOST_SHOWN} more"] * (len(keys) > _MOST_SHOWN)
        return "\n  ".join(
            [
                f"the study {self._plan.study!r} in {self._plan.storage} was begun with another search; give this one "
                "a name of its own with study: NAME. What differs:",
                *shown,
            ]
        )


def settings_of(trial: Trial | FrozenTrial) -> Settings:
    """Return what a trial sets, as YAML."""
    params = trial.params.items()
    return tuple((key, value if isinstance(value, str) else dump_inline(value)) for key, value in params)


def mark(trial: Trial, cell: Cell) -> None:
    """Note which lock tells whether a trial is at work."""
    trial.set_user_attr(LOCK, str(cell.file(".lock")))


def _is_alive(trial: FrozenTrial) -> bool:
    path = trial.user_attrs.get(LOCK)
    if path is None or not Path(path).is_file():
        return False
    lock = CellLock(Path(path))
    is_free = lock.acquire()
    lock.release()
    return not is_free


def _open(plan: Plan, chosen: optuna.pruners.BasePruner) -> optuna.Study:
    direction = StudyDirection.MAXIMIZE if plan.objective.maximize else StudyDirection.MINIMIZE
    try:
        if plan.storage.startswith(SQLITE):
            Path(plan.storage.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        return optuna.create_study(
            study_name=plan.study, storage=plan.storage, direction=direction, pruner=chosen, load_if_exists=True
        )
    except Exception as error:  # of SQLAlchemy, of a driver that is missing, of the file system
        reason = str(error).splitlines()[0]
        raise ConfigError([Problem(f"storage {plan.storage} cannot be opened: {reason}")]) from None
