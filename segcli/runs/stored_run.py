"""A finished run as it lies on disk, for those who compare, record and repeat it. Torch-free."""

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from segcli.config.keys import SEED
from segcli.runs.identity import config_hash, experiment_hash
from segcli.runs.image_counts import CountsError, ImageCounts
from segcli.runs.passport import FINISHED, SCHEMA
from segcli.runs.run_folder import CONFIG, METRICS, PASSPORT
from segcli.score_spec import MEAN_IOU, VAL

TIMING = "timing.csv"
LAST_IMAGES = "val_last_images.npz"
"""Counts of every image at the last validation, where that is not the best one."""
WORST = "worst"
Row = Mapping[str, float]


class UnreadableRunError(ValueError):
    """A run is not whole; the message says what is missing.

    Attributes:
        path: Its folder.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


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
    """

    path: Path
    passport: Mapping[str, Any] = field(repr=False)
    config: Mapping[str, Any] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "StoredRun":
        """Read a run that reached its end.

        Raises:
            UnreadableRunError: If it did not, is of an older version, or lacks a file that every run has.
        """
        passport = _passport(path)
        config = _yaml(path / CONFIG)
        for name in (METRICS, TIMING):
            if not (path / name).is_file():
                raise UnreadableRunError(path, f"has no {name}")
        return cls(path, passport, config)

    @property
    def name(self) -> str:
        """Experiment and number, ``camvid_fpn/3``."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def seed(self) -> int | bool | None:
        """Of ``seed_everything``."""
        return self.config.get(SEED)

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
        arguments = ((self.config.get("model") or {}).get("backbone") or {}).get("init_args") or {}
        is_given = arguments.get("weights") is not None or arguments.get("pretrained")
        hashes = self.passport.get("weights") or {}
        state = self.passport.get("loaded") or {}
        return tuple(str(part) for part in (hashes.get("backbone") if is_given else None, state.get("sha256")) if part)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their indices."""
        return tuple(self.passport["data"]["classes"])

    def folder(self, stage: str) -> Path:
        """Return where the scores of a stage lie: ``val`` in the run's folder, ``test`` in the newest test of it.

        A test of another checkpoint than the best one that the run has now does not count, nor does one of ``verify``.

        Raises:
            UnreadableRunError: If it was never tested.
        """
        if stage == "val":
            return self.path
        tests = [each for each in (self.path / stage).glob("*") if (each / f"{stage}_scores.json").is_file()]
        numbered = sorted((each for each in tests if each.name.isdigit()), key=lambda each: int(each.name))
        found = [each for each in numbered if self._is_of_best(each)]
        if not found:
            best = self.path / "checkpoints" / "best.ckpt"
            how = "was not tested" if not numbered else "was tested, but not by its best checkpoint"
            raise UnreadableRunError(self.path, f"{how}: python -m segcli test --ckpt_path {best}")
        return found[-1]

    def _is_of_best(self, test: Path) -> bool:
        if not (test / PASSPORT).is_file():
            return True
        passport = _json(self.path, test / PASSPORT)
        best = (self.passport.get("checkpoints") or {}).get("best.ckpt")
        measured = (passport.get("loaded") or {}).get("sha256")
        return "verifies" not in passport and (None in (best, measured) or best == measured)

    def scores(self, stage: str = "val") -> Mapping[str, Any]:
        """Return ``<stage>_scores.json``: ``epoch``, ``mIoU``, ``mDice``, ``pixel_accuracy``, and ``classes`` by name.

        Raises:
            UnreadableRunError: If it is missing or damaged.
        """
        return _json(self.path, self.folder(stage) / f"{stage}_scores.json")

    def counts(self, stage: str = "val") -> ImageCounts:
        """Return the counts of every image, of the epoch that the scores are of.

        Raises:
            UnreadableRunError: If they are missing or damaged, or of another epoch.
        """
        path, epoch = self.folder(stage) / f"{stage}_images.npz", self.scores(stage).get("epoch") or 0
        if not path.is_file():
            raise UnreadableRunError(self.path, f"has no {path.relative_to(self.path)}")
        try:
            found = ImageCounts.read(path)
        except CountsError as error:
            raise UnreadableRunError(self.path, str(error)) from None
        if found.epoch != epoch:
            reason = f"{path.name} is of epoch {found.epoch}, {stage}_scores.json of epoch {epoch}: killed in between"
            raise UnreadableRunError(self.path, reason)
        return found

    def last_counts(self) -> ImageCounts | None:
        """Return the counts of every image at the last validation; None if they were not kept, as by 0.4.0.

        Raises:
            UnreadableRunError: If they are damaged, or those of the best epoch are.
        """
        validations = self.curve(f"{VAL}/{MEAN_IOU}")
        last = validations[-1].epoch if validations else 0
        path = self.path / LAST_IMAGES
        try:
            found = ImageCounts.read(path) if path.is_file() else self.counts()
        except CountsError as error:
            raise UnreadableRunError(self.path, str(error)) from None
        return found if found.epoch == last else None

    @cached_property
    def rows(self) -> Sequence[Row]:
        """What was logged: a row per step, with the columns that have a value; ``step`` counts optimizer steps."""
        return _table(self.path / METRICS)

    def curve(self, metric: str) -> Sequence["Point"]:
        """Return a metric of every validation, such as ``val/mIoU``; empty if it was never logged."""
        times = {int(row["step"]): row for row in self.timing}
        found = [(times.get(int(row["step"]) + 1), row[metric]) for row in self.rows if metric in row]
        return [
            Point(int(time["epoch"]), int(time["step"]), time["train_s"], time["elapsed_s"], value)
            for time, value in found
            if time is not None
        ]

    @cached_property
    def timing(self) -> Sequence[Row]:
        """A row per validation: ``epoch`` from 1, ``step``, ``train_s`` and ``elapsed_s`` since the start."""
        return _table(self.path / TIMING)


def find_runs(places: Sequence[Path]) -> list[Path]:
    """Return the run folders among and below some folders, in the order of names and numbers, each once."""
    return list(dict.fromkeys(run.resolve() for place in places for run in _below(place)))


def _below(folder: Path) -> Iterator[Path]:
    if (folder / PASSPORT).is_file() or (folder / CONFIG).is_file():
        yield folder
    elif folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
        children = [child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")]
        for child in sorted(children, key=lambda each: (each.name.isdigit(), each.name.zfill(9))):
            yield from _below(child)


def _passport(path: Path) -> dict[str, Any]:
    if not (path / PASSPORT).is_file():
        raise UnreadableRunError(path, f"has no {PASSPORT}")
    passport = _json(path, path / PASSPORT)
    status = passport.get("status")
    if status != FINISHED:
        how = {"starting": "running, or killed", "running": "running, or killed"}.get(str(status), status)
        raise UnreadableRunError(path, f"did not finish ({how})")
    if passport.get("schema") != SCHEMA:
        version = passport.get("segcli", "an unknown version")
        raise UnreadableRunError(path, f"is of another version of segcli ({version}), whose records differ")
    return passport


def _json(run: Path, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableRunError(run, f"has no {path.name}") from None
    except (OSError, ValueError) as error:
        raise UnreadableRunError(run, f"{path.name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise UnreadableRunError(run, f"{path.name} is damaged")
    return content


def _yaml(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError:
        raise UnreadableRunError(path.parent, f"has no {path.name}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnreadableRunError(path.parent, f"{path.name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise UnreadableRunError(path.parent, f"{path.name} is damaged")
    return content


def _table(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableRunError(path.parent, f"{path.name} cannot be read: {error}") from None
