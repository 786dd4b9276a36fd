"""Search: train the trials that Optuna proposes, and end those early that do badly."""

from pathlib import Path

from optuna.trial import FrozenTrial, Trial, TrialState

from segcli.config.errors import ConfigError, Problem
from segcli.runs.stop_signals import StopSignals
from segcli.runs.stored_passport import FINISHED
from segcli.sweeps.cell import Cell
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.cell_trainer import AT_WORK, FAILED, INTERRUPTED, CellTrainer, Outcome, Say
from segcli.sweeps.curve import read_values, unlogged
from segcli.sweeps.optuna_parts import quiet_optuna
from segcli.sweeps.plan import Plan
from segcli.sweeps.study import MINUTES, RUN, Study, mark, settings_of
from segcli.sweeps.table import label, outcome_lines

PRUNED = "pruned"
_STATES = {
    TrialState.COMPLETE: FINISHED,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: FAILED,
    TrialState.RUNNING: "at work or stopped",
}


class _Following:
    """Report a run's validations to Optuna, and tell whether it should end."""

    def __init__(self, trial: Trial, metric: str) -> None:
        self._trial, self._metric = trial, metric
        self._reported = 0
        self.is_pruned = False
        self.problem: str | None = None

    def __call__(self, run: Path) -> bool:
        """Look at the run; return whether to stop it."""
        self.problem = unlogged(run, self._metric)
        values = read_values(run, self._metric)
        while self._reported < len(values) and not self.is_pruned:
            self._trial.report(values[self._reported], self._reported)
            self._reported += 1
            self.is_pruned = self._trial.should_prune()
        return self.is_pruned or self.problem is not None


class Search:
    """Train trials until there are as many as were asked for.

    Args:
        plan: The search.
        trainer: Trains a cell.
        stop: What asks the search to stop.
        say: Tells the user a line.
    """

    def __init__(self, plan: Plan, trainer: CellTrainer, stop: StopSignals, say: Say) -> None:
        self._plan, self._trainer, self._stop, self._say = plan, trainer, stop, say

    def run(self) -> tuple[list[Outcome], Outcome | None]:
        """Train the trials that are missing.

        Returns:
            What became of all trials, those of earlier calls included; and the best, if one was completed.

        Raises:
            ConfigError: If the study cannot be opened, or the metric is never logged.
        """
        with quiet_optuna():
            study = Study(self._plan)
            try:
                while self._stop.received is None and self._next(study):
                    pass
                best = study.best
                return [_outcome(trial) for trial in study.trials], _outcome(best) if best is not None else None
            finally:
                study.close()

    def _next(self, study: Study) -> bool:
        """Train one trial; return False if there are enough."""
        with study.alone():
            for stale in study.recover():
                self._say(f"trial {stale.number} was at work when its search ended; it is resumed")
            number = len(study.trials)
            if number >= self._plan.space.trials:
                return False
            trial = study.ask()
            settings = settings_of(trial)
            self._say(f"{number + 1}/{self._plan.space.trials}  " + label(settings))
            try:
                cell = Cell.of(self._plan.typed, settings)
            except ConfigError as error:
                study.fail(trial)
                self._tell(Outcome(settings, FAILED, note=str(error)))
                return True
            lock = CellLock(cell.file(".lock"))
            if not lock.acquire():
                study.fail(trial)
                self._tell(Outcome(settings, AT_WORK, note=lock.holder()))
                return True
            mark(trial, cell)
        self._train(study, trial, cell, lock)
        return True

    def _train(self, study: Study, trial: Trial, cell: Cell, lock: CellLock) -> None:
        cell.freeze()
        following = _Following(trial, self._plan.objective.metric)
        outcome = self._trainer.train(cell, following, lock)
        was_asked = following.is_pruned
        if outcome.run is not None:
            following(outcome.run)  # what came since it was looked at last
            trial.set_user_attr(RUN, str(outcome.run))
            trial.set_user_attr(MINUTES, outcome.minutes)
        if following.problem is not None:
            source = self._plan.space.sources.get("metric")
            raise ConfigError([Problem(following.problem, "metric", source)])
        if outcome.state == FINISHED and outcome.value is not None:
            study.complete(trial, outcome.value)
        elif outcome.state == INTERRUPTED and was_asked:
            study.prune(trial)
            outcome = Outcome(outcome.settings, PRUNED, outcome.run, outcome.value, outcome.minutes)
        elif self._stop.received is None:
            study.fail(trial)
            if outcome.state == FINISHED:
                note = f"has no value of {self._plan.objective.metric}"
                outcome = Outcome(outcome.settings, FAILED, outcome.run, None, outcome.minutes, note)
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        for line in outcome_lines(outcome, self._plan.objective):
            self._say(f"  {line}")


def _outcome(trial: FrozenTrial) -> Outcome:
    run = trial.user_attrs.get(RUN)
    place = Path(run) if run is not None else None
    return Outcome(settings_of(trial), _STATES[trial.state], place, trial.value, trial.user_attrs.get(MINUTES))
