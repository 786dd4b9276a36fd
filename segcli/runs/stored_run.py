"""A finished run as it lies on disk, for those who compare, record and repeat it. Torch-free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from segcli.config.keys import PREDICTIONS, SEED
from segcli.program import program
from segcli.runs import consistency
from segcli.runs.curve import LoggedValues, Point
from segcli.runs.evaluation import WORST_FORM, Evaluation, read_evaluation
from segcli.runs.file_hashes import changed_files, is_hashed
from segcli.runs.identity import config_hash, experiment_hash, start_hashes
from segcli.runs.image_counts import ImageCounts
from segcli.runs.image_scores import ImageScores, image_scores_file
from segcli.runs.run_folder import BEST, CHECKPOINTS, CONFIG, METRICS, PASSPORT, SPLITS, TIMING, WORST
from segcli.runs.stored_files import Row, StoredFileError, read_config, read_json
from segcli.runs.stored_passport import VERIFIES, is_as_written, read_passport, require_end
from segcli.runs.unreadable_run import NotTestedError, UnreadableRunError, of_run
from segcli.score_spec import MEAN_IOU, VAL, MetricSpec

LAST_IMAGES = "val_last_images.npz"
"""Counts of every image at the last validation, where that is not the best one."""
WORST_FILE = f"{WORST}/worst.json"
LAST_METRICS = image_scores_file("val_last")
"""The same of what each image adds to the scores of ``model.metrics``."""
READ = (
    *(CONFIG, METRICS, TIMING, SPLITS, "val_scores.json", "val_images.npz", LAST_IMAGES, WORST_FILE),
    *(image_scores_file(VAL), LAST_METRICS),
)
"""Files whose hashes are checked when a run is read."""


@dataclass(frozen=True)
class StoredRun:
    """A run that was read.

    Attributes:
        path: Its folder.
        passport: ``passport.json``.
        config: ``config.yaml``: every value of the experiment.
        is_trusted: Whether files that were changed, or contradict each other, are refused.
    """

    path: Path
    passport: Mapping[str, Any] = field(repr=False)
    config: Mapping[str, Any] = field(repr=False)
    is_trusted: bool = True

    @classmethod
    def load(cls, path: Path, trust: bool = True) -> "StoredRun":
        """Read a run that reached its end.

        Args:
            path: Its folder.
            trust: Whether to refuse files that were changed after the run wrote them, or contradict each other. Who
                does not, asks :attr:`changed` and :attr:`contradictions`.

        Raises:
            UnreadableRunError: If it did not reach its end, is of an older version, lacks a file that every run has,
                or has a damaged one.
        """
        try:
            passport = read_passport(path, trust)
            require_end(passport)
            run = cls(path, passport, read_config(path / CONFIG), trust)
        except StoredFileError as error:
            raise UnreadableRunError(path, str(error)) from None
        for name in () if run.predictions else (METRICS, TIMING):
            if not (path / name).is_file():
                is_unlogged = name == METRICS and (run.config.get("trainer") or {}).get("logger") is False
                why = ": it was trained with trainer.logger false; train it again with true" if is_unlogged else ""
                raise UnreadableRunError(path, f"has no {name}{why}")
        found = [
            f"{name} was changed after the run wrote it; take it from a copy, or train again: {program()} rerun {path}"
            for name in run.changed
        ]
        found += consistency.of_experiment(passport, run.config)
        if trust and found:
            raise UnreadableRunError(path, found[0])
        return run

    @property
    def name(self) -> str:
        """Experiment and number, ``camvid_fpn/3``."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def seed(self) -> int | bool | None:
        """Of ``seed_everything``."""
        return self.config.get(SEED)

    @property
    def is_hashed(self) -> bool:
        """Whether it tells if its files were changed, as runs of 0.4.0 do not."""
        return is_hashed(self.passport)

    @property
    def predictions(self) -> Mapping[str, Any] | None:
        """Of scores of what something else predicted: which ``folder``, ``split`` and ``sha256``; None if trained."""
        return self.passport.get(PREDICTIONS)

    @property
    def stage(self) -> str:
        """What its own folder has the scores of: ``val`` of a training."""
        return str(self.predictions["split"]) if self.predictions else VAL

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Files that comparisons read and that are not as the run wrote them."""
        own = () if is_as_written(self.passport) else (PASSPORT,)
        return (*own, *changed_files(self.path, self.passport, READ))

    @cached_property
    def contradictions(self) -> tuple[str, ...]:
        """Facts that are stored twice and differ, in sentences.

        Raises:
            UnreadableRunError: If a file is missing or damaged.
        """
        return (*consistency.of_experiment(self.passport, self.config), *self.evaluation(self.stage).contradictions)

    @cached_property
    def config_hash(self) -> str:
        """Equal for runs of one experiment with one seed."""
        return config_hash(self.config)

    @cached_property
    def experiment_hash(self) -> str:
        """Equal for runs that differ in nothing but the seed."""
        return experiment_hash(self.config)

    @property
    def weights_at_start(self) -> tuple[str, ...]:
        """What the run began from, where that is not drawn from the seed: pretrained weights, another run's state."""
        return start_hashes(self.passport, self.config)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their indices."""
        return tuple(self.passport["data"]["classes"])

    @property
    def best_name(self) -> str | None:
        """File of the checkpoint that the scores are of, below the folder of checkpoints; None if none was kept.

        Runs of 0.4.0 do not say it: there it is ``best.ckpt``.
        """
        if self.predictions:
            return None
        name = self.scores().get("checkpoint", BEST)
        return str(name) if name is not None else None

    @property
    def best_checkpoint(self) -> Path | None:
        """The checkpoint that the scores are of, whatever its name; None if none was kept.

        Raises:
            UnreadableRunError: If the scores cannot be read.
        """
        return None if self.best_name is None else self.path / CHECKPOINTS / self.best_name

    def folder(self, stage: str) -> Path:
        """Return where the scores of a stage lie: of its own in the run's folder, ``test`` in the newest test of it.

        A test of another checkpoint than the best one that the run has now does not count, nor does one of ``verify``.

        Raises:
            NotTestedError: If it was never tested.
            UnreadableRunError: If the record of a test is damaged.
        """
        if stage == self.stage:
            return self.path
        if self.predictions:
            raise NotTestedError(self.path, f"has scores of {self.stage} alone, not of {stage}")
        tests = [each for each in (self.path / stage).glob("*") if (each / f"{stage}_scores.json").is_file()]
        numbered = sorted((each for each in tests if each.name.isdecimal()), key=lambda each: int(each.name))
        found = [each for each in numbered if self._is_of_best(each)]
        if not found:
            best = self.best_checkpoint or self.path / CHECKPOINTS / BEST
            how = "was not tested" if not numbered else "was tested, but not by its best checkpoint"
            raise NotTestedError(self.path, f"{how}: {program()} test --ckpt_path {best}")
        return found[-1]

    def _is_of_best(self, test: Path) -> bool:
        passport = self._passport_of(test)
        best = (self.passport.get("checkpoints") or {}).get(self.best_name or "")
        measured = (passport.get("loaded") or {}).get("sha256")
        return VERIFIES not in passport and (None in (best, measured) or best == measured)

    def _passport_of(self, folder: Path) -> Mapping[str, Any]:
        if not (folder / PASSPORT).is_file():
            return {}
        with of_run(self.path):
            return read_passport(folder)

    def evaluation(self, stage: str = "val") -> Evaluation:
        """Return what was measured of a split.

        Raises:
            UnreadableRunError: If it is missing, damaged, was changed, or contradicts itself.
        """
        if stage not in self._evaluations:
            self._evaluations[stage] = self._read_evaluation(stage)
        found = self._evaluations[stage]
        for reason in (*(f"{name} was changed after it was written" for name in found.changed), *found.contradictions):
            if self.is_trusted:
                where = "" if stage == self.stage else f"{found.folder.relative_to(self.path).as_posix()}: "
                raise UnreadableRunError(self.path, where + reason)
        return found

    @cached_property
    def _evaluations(self) -> dict[str, Evaluation]:
        return {}

    def _read_evaluation(self, stage: str) -> Evaluation:
        folder = self.folder(stage)
        passport = self.passport if stage == self.stage else self._passport_of(folder)
        with of_run(self.path):
            found = read_evaluation(folder, stage, passport, self.classes)
        if stage != "val" or self.predictions:
            return found
        also = [*consistency.of_costs(passport, self.timing)]
        if epoch := found.scores.get("epoch"):
            with of_run(self.path):
                rows = [row for time, row in self._logged.validations if int(time["epoch"]) == epoch]
            also += consistency.of_curve(found.scores, rows)
        return found._replace(contradictions=(*found.contradictions, *also))

    def scores(self, stage: str = "val") -> Mapping[str, Any]:
        """Return the scores of a stage; see :meth:`evaluation`."""
        return self.evaluation(stage).scores

    def counts(self, stage: str = "val") -> ImageCounts:
        """Return the counts of every image, of the epoch that the scores are of; see :meth:`evaluation`."""
        return self.evaluation(stage).counts

    def worst(self) -> Sequence[Mapping[str, Any]]:
        """Return the images of the lowest scores, worst first: ``id``, ``mIoU`` and ``picture``.

        Raises:
            UnreadableRunError: If they are not stored, damaged, or contradict the counts.
        """
        if not (self.path / WORST_FILE).is_file():
            raise UnreadableRunError(self.path, "has no pictures of its worst images")
        with of_run(self.path):
            found = read_json(self.path / WORST_FILE, WORST_FORM)
        val = self.evaluation()
        for reason in consistency.of_worst(found, val.scores, val.counts):
            raise UnreadableRunError(self.path, reason)
        return found["images"]

    def last_counts(self) -> ImageCounts | None:
        """Return the counts of every image at the last validation; None if they were not kept, as by 0.4.0.

        Raises:
            UnreadableRunError: If they are damaged, or those of the best epoch are.
        """
        validations = self.curve(f"{VAL}/{MEAN_IOU}")
        last = validations[-1].epoch if validations else 0
        path = self.path / LAST_IMAGES
        with of_run(self.path):
            found = ImageCounts.read(path) if path.is_file() else self.counts()
        if found.num_classes != len(self.classes):
            raise UnreadableRunError(self.path, f"{LAST_IMAGES} has other classes than {PASSPORT}")
        return found if found.epoch == last else None

    def image_scores(self, stage: str = "val") -> ImageScores | None:
        """Return what each image adds to the scores of ``model.metrics``; None where there are none."""
        return self.evaluation(stage).image_scores

    def last_image_scores(self) -> ImageScores | None:
        """Return the same of the last validation; None if it was not kept."""
        counts = self.last_counts()
        path = self.path / LAST_METRICS
        with of_run(self.path):
            found = ImageScores.read(path) if path.is_file() else self.image_scores()
        return found if counts is not None and found is not None and found.epoch == counts.epoch else None

    @property
    def metric_specs(self) -> tuple[MetricSpec, ...]:
        """What the run recorded of the metrics of ``model.metrics``; of before 0.5, none."""
        known = MetricSpec.__dataclass_fields__
        found = self.passport.get("scores") or ()
        return tuple(MetricSpec(**{key: value for key, value in each.items() if key in known}) for each in found)

    @cached_property
    def _logged(self) -> LoggedValues:
        return LoggedValues(self.path)

    @property
    def rows(self) -> Sequence[Row]:
        """What was logged; see :class:`LoggedValues`."""
        with of_run(self.path):
            return () if self.predictions else self._logged.rows

    @property
    def timing(self) -> Sequence[Row]:
        """When it was validated; see :class:`LoggedValues`."""
        with of_run(self.path):
            return () if self.predictions else self._logged.timing

    def curve(self, metric: str) -> Sequence[Point]:
        """Return a metric of every validation; see :class:`LoggedValues`."""
        with of_run(self.path):
            return () if self.predictions else self._logged.curve(metric)
