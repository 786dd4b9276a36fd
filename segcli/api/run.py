"""A run as notebooks and scripts see it."""

import math
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.api.html import heading, output
from segcli.api.wording import in_python
from segcli.comparison.load import shown
from segcli.comparison.page.elements import table
from segcli.config.errors import ConfigError, Problem
from segcli.experiment.restored import restored
from segcli.runs.named_run import named_run
from segcli.runs.run_folder import RunFolder, is_run
from segcli.runs.stored_passport import passport_of
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import MEAN_IOU, VAL

if TYPE_CHECKING:
    from segcli.segmenter import Segmenter


class Run:
    """A run in its folder, finished or not; what it holds is read when it is asked for.

    In a notebook it shows its scores. :attr:`stored` has all that comparisons read of it.

    Args:
        path: The folder, such as ``runs/quickstart/1``.

    Attributes:
        path: The folder, absolute.

    Raises:
        ConfigError: If there is no run in it.

    Example:
        >>> run = segcli.Run("runs/quickstart/1")
        >>> run.scores["mIoU"], run.best_checkpoint.name
        (0.8012, 'best.ckpt')
        >>> pandas.DataFrame(run.metrics).plot("step", "train/loss")
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).resolve()
        if not is_run(self.path):
            what = "holds no run" if self.path.is_dir() else "is no folder"
            raise ConfigError([Problem(f"{os.fspath(path)} {what}; name that of a run, such as runs/quickstart/1")])

    @property
    def name(self) -> str:
        """Experiment and number, ``quickstart/1``."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def shown(self) -> str:
        """The folder, relative to the working directory where it lies below that."""
        return shown(self.path)

    @property
    def status(self) -> str:
        """``finished``, ``interrupted``, ``failed``, ``starting`` or ``running``; of a killed run the last it wrote."""
        return str(passport_of(RunFolder(self.path)).get("status", "unknown"))

    @cached_property
    def stored(self) -> StoredRun:
        """The run as comparisons read it.

        Raises:
            ConfigError: If it did not finish, or a file is missing, damaged or was changed.
        """
        return named_run(self.path)

    @property
    def passport(self) -> Mapping[str, Any]:
        """Command line, versions, commit, hardware, fingerprints, costs; see :attr:`stored` for errors."""
        return self.stored.passport

    @property
    def config(self) -> Mapping[str, Any]:
        """Every value of the experiment, classes by their full paths; see :attr:`stored` for errors.

        Of what is from environment variables, the text that refers to them.
        """
        return self.stored.config

    @property
    def scores(self) -> dict[str, Any]:
        """``mIoU``, ``mDice``, ``pixel_accuracy`` on the validation split, and the ``epoch`` they are of.

        A run of :func:`segcli.evaluate` has them of its own split, and no epoch.

        Raises:
            ConfigError: If the run has none, or they were changed.
        """
        return {name: value for name, value in self._record().items() if not isinstance(value, Mapping)}

    @property
    def class_scores(self) -> list[dict[str, Any]]:
        """A row for each class: ``class``, ``IoU``, ``Dice``, ``pixels``; None where a class is absent.

        Raises:
            ConfigError: If the run has none, or they were changed.
        """
        return [{"class": name, **values} for name, values in self._record()["classes"].items()]

    @property
    def metrics(self) -> list[dict[str, float]]:
        """What was logged: a row per step, with the columns that have a value, such as ``train/loss``.

        Raises:
            ConfigError: If the run did not finish, or the table is damaged.
        """
        try:
            return [dict(row) for row in self.stored.rows]
        except UnreadableRunError as error:
            raise self._wrong(error) from None

    @property
    def best_checkpoint(self) -> Path | None:
        """The checkpoint that the scores are of; None if none was kept.

        Raises:
            ConfigError: If the run has no scores.
        """
        self._record()
        return self.stored.best_checkpoint

    @property
    def last_checkpoint(self) -> Path | None:
        """The state that training resumes from; None if there is none."""
        path = RunFolder(self.path).last_checkpoint
        return path if path.is_file() else None

    def load(self) -> "Segmenter":
        """Return the model of the best checkpoint, on the CPU and in evaluation mode; see :func:`segcli.load`.

        Raises:
            ConfigError: If none was kept, or it cannot be read.
        """
        best = self.best_checkpoint
        if self.stored.predictions:
            raise ConfigError([Problem(f"{self.shown} holds scores of predictions; it has no model")])
        if best is None or not best.is_file():
            what = "kept no best checkpoint" if best is None else f"has no {best.name} any more"
            raise ConfigError([Problem(f"{self.shown} {what}; load another: {self.last_checkpoint or 'train again'}")])
        return model_of(best)

    def __repr__(self) -> str:
        try:
            scores = self.scores
        except ConfigError:
            return f"Run({self.shown!r}: {self.status})"
        mean = f"{self.stored.stage}/{MEAN_IOU} {_cell(scores[MEAN_IOU])}"
        return f"Run({self.shown!r}: {', '.join([self.status, mean, *_epoch(scores)])})"

    def _repr_html_(self) -> str:
        try:
            scores, classes = self.scores, self.class_scores
        except ConfigError as error:
            return output(heading(self.shown, self.status), *(problem.message for problem in error.problems))
        columns = [name for name in classes[0] if name != "class"]
        rows = [[each["class"], *(_cell(each[name]) for name in columns)] for each in classes]
        rows.append(["mean", *(_cell(scores.get(f"m{name}"), "") for name in columns)])
        accuracy = f"pixel accuracy {_cell(scores['pixel_accuracy'])}"
        stage = "validation" if self.stored.stage == VAL else self.stored.stage
        caption = ", ".join([stage, *_epoch(scores)])
        whole = heading(self.shown, self.status, f"mIoU {_cell(scores['mIoU'])}", accuracy)
        return output(whole, table(caption, ["class", *columns], rows))

    def _record(self) -> Mapping[str, Any]:
        try:
            return self.stored.scores(self.stored.stage)
        except UnreadableRunError as error:
            raise self._wrong(error) from None

    def _wrong(self, error: UnreadableRunError) -> ConfigError:
        return ConfigError([Problem(in_python(f"{self.shown} {error}"))])


def model_of(checkpoint: Path) -> "Segmenter":
    """Return the model of a checkpoint, on the CPU and in evaluation mode.

    Raises:
        ConfigError: If there is no such checkpoint, or it cannot be read.
    """
    from segcli.inference.checkpoint import CheckpointError
    from segcli.segmenter import Segmenter

    with restored():  # a new model draws numbers for its weights
        try:
            return Segmenter.from_checkpoint(checkpoint)
        except CheckpointError as error:
            raise ConfigError([Problem(in_python(str(error)))]) from None


def _epoch(scores: Mapping[str, Any]) -> list[str]:
    return [f"epoch {scores['epoch']}"] if scores.get("epoch") is not None else []


def _cell(value: float | None, absent: str = "absent") -> str:
    if value is None or math.isnan(value):
        return absent
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
