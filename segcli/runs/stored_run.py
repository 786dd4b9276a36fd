"""A finished run as it lies on disk, for those who compare, record and repeat it. Torch-free."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from segcli.config.component import arguments_of
from segcli.config.keys import SEED
from segcli.program import program
from segcli.runs import consistency
from segcli.runs.evaluation import WORST_FORM, Evaluation, read_evaluation
from segcli.runs.file_hashes import changed_files, is_hashed
from segcli.runs.identity import config_hash, experiment_hash
from segcli.runs.image_counts import ImageCounts
from segcli.runs.run_folder import BEST, CHECKPOINTS, CONFIG, METRICS, PASSPORT, SPLITS, TIMING, WORST
from segcli.runs.stored_files import Row, StoredFileError, read_config, read_json, read_numbers
from segcli.runs.stored_passport import FINISHED, SCHEMA, UNHASHED, is_as_written, read_passport
from segcli.score_spec import MEAN_IOU, VAL

LAST_IMAGES = "val_last_images.npz"
"""Counts of every image at the last validation, where that is not the best one."""
WORST_FILE = f"{WORST}/worst.json"
READ = (CONFIG, METRICS, TIMING, SPLITS, "val_scores.json", "val_images.npz", LAST_IMAGES, WORST_FILE)
"""Files whose hashes are checked when a run is read."""


class UnreadableRunError(ValueError):
    """A run is not whole; the message says what is missing.

    Attributes:
        path: Its folder.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class NotTestedError(UnreadableRunError):
    """A run was not tested by the best checkpoint that it has now."""


class Point(NamedTuple):
    """One validation of a run.

    Attributes:
        epoch: From 1.
        step: Optimizer steps until then.
        train_s: Seconds of training until then, without validation.
        elapsed_s: Seconds since the start, with validation, without interruptions.
        value: Of the metric.
    """

    epoch: int
    step: int
    train_s: float
    elapsed_s: float
    value: float


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
            passport = _finished(path, read_passport(path, trust))
            run = cls(path, passport, read_config(path / CONFIG), trust)
        except StoredFileError as error:
            raise UnreadableRunError(path, str(error)) from None
        for name in (METRICS, TIMING):
            if not (path / name).is_file():
                raise UnreadableRunError(path, f"has no {name}")
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
        return (*consistency.of_experiment(self.passport, self.config), *self.evaluation("val").contradictions)

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
        arguments = arguments_of((self.config.get("model") or {}).get("backbone"))
        arguments = arguments if isinstance(arguments, Mapping) else {}
        is_given = arguments.get("weights") is not None or arguments.get("pretrained")
        hashes = self.passport.get("weights") or {}
        state = self.passport.get("loaded") or {}
        return tuple(str(part) for part in (hashes.get("backbone") if is_given else None, state.get("sha256")) if part)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their indices."""
        return tuple(self.passport["data"]["classes"])

    @property
    def best_name(self) -> str | None:
        """File of the checkpoint that the scores are of, below the folder of checkpoints; None if none was kept.

        Runs of 0.4.0 do not say it: there it is ``best.ckpt``.
        """
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
        """Return where the scores of a stage lie: ``val`` in the run's folder, ``test`` in the newest test of it.

        A test of another checkpoint than the best one that the run has now does not count, nor does one of ``verify``.

        Raises:
            NotTestedError: If it was never tested.
            UnreadableRunError: If the record of a test is damaged.
        """
        if stage == "val":
            return self.path
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
        return "verifies" not in passport and (None in (best, measured) or best == measured)

    def _passport_of(self, folder: Path) -> Mapping[str, Any]:
        if not (folder / PASSPORT).is_file():
            return {}
        with _of_run(self.path):
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
                where = "" if stage == "val" else f"{found.folder.relative_to(self.path).as_posix()}: "
                raise UnreadableRunError(self.path, where + reason)
        return found

    @cached_property
    def _evaluations(self) -> dict[str, Evaluation]:
        return {}

    def _read_evaluation(self, stage: str) -> Evaluation:
        folder = self.folder(stage)
        passport = self.passport if stage == "val" else self._passport_of(folder)
        with _of_run(self.path):
            found = read_evaluation(folder, stage, passport, self.classes)
        if stage != "val":
            return found
        also = [*consistency.of_costs(passport, self.timing)]
        if epoch := found.scores.get("epoch"):
            rows = [row for time, row in self._validations if int(time["epoch"]) == epoch]
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
        with _of_run(self.path):
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
        with _of_run(self.path):
            found = ImageCounts.read(path) if path.is_file() else self.counts()
        if found.num_classes != len(self.classes):
            raise UnreadableRunError(self.path, f"{LAST_IMAGES} has other classes than {PASSPORT}")
        return found if found.epoch == last else None

    @cached_property
    def rows(self) -> Sequence[Row]:
        """What was logged: a row per step, with the columns that have a value; ``step`` counts optimizer steps."""
        with _of_run(self.path):
            return read_numbers(self.path / METRICS)

    def curve(self, metric: str) -> Sequence["Point"]:
        """Return a metric of every validation, such as ``val/mIoU``; empty if it was never logged."""
        return [
            Point(int(time["epoch"]), int(time["step"]), time["train_s"], time["elapsed_s"], row[metric])
            for time, row in self._validations
            if metric in row
        ]

    @cached_property
    def _validations(self) -> Sequence[tuple[Row, Row]]:
        """Time and scores of every row that a validation logged."""
        times = {(int(row["epoch"]), int(row["step"])): row for row in self.timing}
        rows = [row for row in self.rows if "epoch" in row and any(key.startswith("val/") for key in row)]
        places = [(int(row["epoch"]), int(row["step"])) for row in rows]
        # 0.4.0 counted both from 0: what more rows fit is how this run counts
        offset = max((0, 1), key=lambda each: sum((epoch + each, step + each) in times for epoch, step in places))
        moved = [(epoch + offset, step + offset) for epoch, step in places]
        found = [(times.get(place), row) for place, row in zip(moved, rows, strict=True)]
        return [(time, row) for time, row in found if time is not None]

    @cached_property
    def timing(self) -> Sequence[Row]:
        """A row per validation: ``epoch`` from 1, ``step``, ``train_s`` and ``elapsed_s`` since the start."""
        with _of_run(self.path):
            return read_numbers(self.path / TIMING, ("epoch", "step", "train_s", "elapsed_s"))


def find_runs(places: Sequence[Path]) -> list[Path]:
    """Return the run folders among and below some folders, in the order of names and numbers, each once."""
    return list(dict.fromkeys(run.resolve() for place in places for run in _below(place)))


def _below(folder: Path) -> Iterator[Path]:
    if (folder / PASSPORT).is_file() or (folder / CONFIG).is_file():
        yield folder
    elif folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        children = [child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")]
        for child in sorted(children, key=lambda each: (each.name.isdecimal(), each.name.zfill(9))):
            yield from _below(child)


def _finished(path: Path, passport: dict[str, Any]) -> dict[str, Any]:
    """See that a passport is one of a run that reached its end, and that this version understands."""
    status = passport.get("status")
    if status != FINISHED:
        how = {"starting": "running, or killed", "running": "running, or killed"}.get(str(status), status)
        raise UnreadableRunError(path, f"did not finish ({how})")
    if passport.get("schema") not in (UNHASHED, SCHEMA):
        version = passport.get("segcli", "an unknown version")
        raise UnreadableRunError(path, f"is of another version of segcli ({version}), whose records differ")
    if not (passport.get("data") or {}).get("classes"):
        raise UnreadableRunError(path, "its passport does not say what data it was trained on")
    return passport


@contextmanager
def _of_run(path: Path) -> Iterator[None]:
    """Name the run of which a file is damaged."""
    try:
        yield
    except StoredFileError as error:
        raise UnreadableRunError(path, str(error)) from None
