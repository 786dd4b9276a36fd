"""The result of a run: one table by class name, and the same as JSON."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segcli.callbacks.image_records import image_counts, image_groups, image_names
from segcli.callbacks.pictures import Pictures
from segcli.metrics.scores import Scores
from segcli.runs.class_scores import set_score, table
from segcli.runs.image_counts import ImageCounts
from segcli.runs.run_folder import write_text
from segcli.runs.stored_run import LAST_IMAGES
from segcli.task import SegmentationTask

_MOST_GROUPS = 10
"""Groups of images in a table on the terminal."""


class Results(pl.Callback):
    """Print the table of the best validation epoch, or of the test, and write ``<stage>_scores.json``."""

    def __init__(self) -> None:
        super().__init__()
        self._best: tuple[float, int, Scores] | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch so far, for a checkpoint."""
        if self._best is None:
            return {}
        value, epoch, scores = self._best
        values = {name: part if part is None else part.cpu() for name, part in scores._asdict().items()}
        return {"value": value, "epoch": epoch, "scores": values}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the best epoch of an interrupted run."""
        if state_dict:
            self._best = state_dict["value"], state_dict["epoch"], Scores(**state_dict["scores"])

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remember the epoch that the best checkpoint holds; write its scores at once, the run may be killed."""
        if trainer.sanity_checking or not isinstance(pl_module, SegmentationTask):
            return
        scores = pl_module.scores["val"]
        if trainer.state.fn != "fit":
            self._report(trainer, pl_module, "val")
        elif self._is_best(trainer, scores):
            self._best = (_monitored(trainer, scores), trainer.current_epoch + 1, scores)
            self._write(trainer, pl_module, "val", trainer.current_epoch + 1)
            if trainer.is_global_zero:
                (Path(trainer.default_root_dir) / LAST_IMAGES).unlink(missing_ok=True)
        else:
            _write_last(trainer, pl_module, trainer.current_epoch + 1)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print and write the test scores."""
        if isinstance(pl_module, SegmentationTask):
            self._report(trainer, pl_module, "test")

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the table of the best epoch."""
        if self._best is not None and isinstance(pl_module, SegmentationTask) and trainer.is_global_zero:
            _, epoch, scores = self._best
            Console().print(score_table(pl_module.classes, scores, f"validation, epoch {epoch} (best)"))

    def _is_best(self, trainer: pl.Trainer, scores: Scores) -> bool:
        if self._best is None:
            return True
        checkpoint = trainer.checkpoint_callback
        smaller = getattr(checkpoint, "monitor", None) is not None and getattr(checkpoint, "mode", "max") == "min"
        new, old = _monitored(trainer, scores), self._best[0]
        return math.isnan(old) or (new < old if smaller else new > old)

    def _report(self, trainer: pl.Trainer, module: SegmentationTask, stage: str) -> None:
        if trainer.is_global_zero:
            title = {"val": "validation", "test": "test"}[stage]
            Console().print(score_table(module.classes, module.scores[stage], title))
        self._write(trainer, module, stage, None)

    @staticmethod
    def _write(trainer: pl.Trainer, module: SegmentationTask, stage: str, epoch: int | None) -> None:
        """Write counts and pictures before the scores, which say that the others are there."""
        if not trainer.is_global_zero or trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in __init__ by helpers
            return
        folder, data = Path(trainer.default_root_dir), trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        names = image_names(data, stage)
        counts = image_counts(module, names, epoch, *image_groups(data, stage))
        counts.write(folder / f"{stage}_images.npz")
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set in __init__ by helpers
            if isinstance(callback, Pictures):
                callback.worst.write(folder, epoch, names, data.palette)
        by_group = group_scores(counts)
        if by_group and epoch is None:
            Console().print(group_table(by_group))
        record = {
            "stage": stage,
            "epoch": epoch,
            **({"groups": by_group} if by_group else {}),
            **score_record(module.classes, module.scores[stage]),
        }
        write_text(folder / f"{stage}_scores.json", json.dumps(record, indent=2) + "\n")


def _write_last(trainer: pl.Trainer, module: SegmentationTask, epoch: int) -> None:
    """Write the counts of a validation that is the last so far, and not the best."""
    if trainer.is_global_zero and not trainer.fast_dev_run:  # type: ignore[attr-defined]  # set in __init__ by helpers
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
        counts = image_counts(module, image_names(data, "val"), epoch, *image_groups(data, "val"))
        counts.write(Path(trainer.default_root_dir) / LAST_IMAGES)


def _monitored(trainer: pl.Trainer, scores: Scores) -> float:
    """Return the value by which the best checkpoint is chosen; mIoU where it is chosen by nothing."""
    monitor = getattr(trainer.checkpoint_callback, "monitor", None)
    value = trainer.callback_metrics.get(monitor) if monitor else None
    return float(value) if value is not None else float(scores.mean_iou)


def score_record(classes: tuple[str, ...], scores: Scores) -> dict[str, object]:
    """Return scores as plain values; classes that neither truth nor prediction holds have null."""
    record: dict[str, object] = {}
    by_class: dict[str, dict[str, object]] = {name: {} for name in classes}
    for spec, values in scores.measured():
        if not spec.per_class:
            record[spec.name] = _or_null(float(values))
            continue
        for name, value in zip(classes, values.tolist(), strict=True):
            by_class[name][spec.name] = _or_null(value)
    for name, pixels in zip(classes, scores.pixels.tolist(), strict=True):
        by_class[name]["pixels"] = pixels
    return {**record, "classes": by_class}


def group_scores(counts: ImageCounts) -> dict[str, dict[str, object]]:
    """Return images and mIoU of every group of images; nothing where each image is its own, or no groups are known."""
    names = dict.fromkeys(counts.groups)
    if len(names) in (0, len(counts.ids)):
        return {}
    rows, labels = table(counts.terms()), np.array(counts.groups)
    return {
        name: {
            "images": int((labels == name).sum()),
            "mIoU": _or_null(float(set_score(rows[labels == name].sum(axis=0), "mIoU"))),
        }
        for name in names
    }


def group_table(found: dict[str, dict[str, object]]) -> Table:
    """Return a row per group of images, those with the lowest mIoU; all are in the file of scores."""
    shown = Table(title="groups of images" + (f", the lowest of {len(found)}" if len(found) > _MOST_GROUPS else ""))
    for heading in ("group", "images", "mIoU"):
        shown.add_column(heading, justify="left" if heading == "group" else "right")
    values = {name: math.nan if each["mIoU"] is None else float(str(each["mIoU"])) for name, each in found.items()}
    for name in sorted(found, key=lambda each: (math.isnan(values[each]), values[each]))[:_MOST_GROUPS]:
        shown.add_row(Text(name), str(found[name]["images"]), _cell(values[name]))
    return shown


def score_table(classes: tuple[str, ...], scores: Scores, title: str) -> Table:
    """Return one row per class and one of means; classes that are absent are marked so and not in the means."""
    measured = list(scores.measured())
    means = {spec.class_score: _cell(float(value)) for spec, value in measured if spec.is_mean}
    columns = {spec.name: (spec.title, values.tolist()) for spec, values in measured if spec.per_class}
    table = Table(title=title)
    table.add_column("class")
    for heading in (*(heading for heading, _ in columns.values()), "pixels"):
        table.add_column(heading, justify="right")
    for index, (name, pixels) in enumerate(zip(classes, scores.pixels.tolist(), strict=True)):
        table.add_row(name, *(_cell(values[index]) for _, values in columns.values()), f"{pixels:,}")
    table.add_section()
    table.add_row("mean", *(means.get(name, "") for name in columns), f"{int(scores.pixels.sum()):,}")
    for spec, value in measured:
        if not (spec.per_class or spec.is_mean):
            table.add_row(spec.title, _cell(float(value)))
    return table


def _cell(value: float) -> str:
    return "absent" if math.isnan(value) else f"{value:.3f}"


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
