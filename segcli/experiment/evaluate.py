"""Score label maps that something else predicted, as a run of their own: no model is built."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from segcli.callbacks.data_record import record_data
from segcli.callbacks.score_files import score_record, write_scores
from segcli.config.output import say
from segcli.config.overrides import split_overrides
from segcli.datamodules.images_of_splits import images_of_splits
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.data_progress import DataProgress
from segcli.datasets.fingerprint import READERS
from segcli.datasets.mask_check import quiet_threads, refuse
from segcli.datasets.pairing import extension_of, few
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.transformed_sizes import changes_sizes
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import parsed_data
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.evaluated_config import evaluated_config
from segcli.experiment.job import Job
from segcli.experiment.parts import blamed, part
from segcli.experiment.records import RunRecords
from segcli.inference.predicted_files import Searched, class_folders, find_predictions
from segcli.inference.predicted_labels import PredictedLabels, read_class_files, require_size_of_mask
from segcli.metrics.chosen_metrics import with_thresholds
from segcli.metrics.definitions import definitions
from segcli.metrics.from_labels import LabelMetrics, from_labels, no_probabilities
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.metrics.scores import Scores
from segcli.runs.predictions import Predictions
from segcli.runs.run_folder import RunFolder
from segcli.runs.surroundings import file_hash
from segcli.sample import DataError
from segcli.task_kind import KINDS

if TYPE_CHECKING:
    from segcli.experiment.lightning_cli import SegmentationCLI

_WINDOW = 32
"""Images that are read ahead."""
Labels = NDArray[np.uint8]
Read = Callable[[int], tuple[Labels, Labels]]


@dataclass(frozen=True)
class Evaluated:
    """What was measured.

    Attributes:
        folder: Of the run.
        predictions: What was scored.
        classes: Names, K.
        images: Their number.
        scores: Of them.
        groups: Scores of every group of images by its name; empty where no images share a group.
        left_out: Names of metrics that need probabilities.
    """

    folder: Path
    predictions: Predictions
    classes: tuple[str, ...]
    images: int
    scores: Scores
    groups: Mapping[str, Mapping[str, Any]]
    left_out: Sequence[str]

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        about = {"run": str(self.folder), "predictions": self.predictions.record(), "images": self.images}
        groups = {"groups": self.groups} if self.groups else {}
        return {**about, "left_out": list(self.left_out), **groups, **score_record(self.classes, self.scores)}


def evaluate(
    arguments: RunArguments,
    predictions: Predictions,
    place: Path | None = None,
    entries: Mapping[str, object] | None = None,
) -> Evaluated:
    """Score predictions and write the run folder.

    Args:
        arguments: What was typed: the experiment gives data, classes, metrics and groups.
        predictions: What is scored.
        place: Folder of the numbered folder that is written; None for that of the experiment's runs.
        entries: More for the passport.

    Raises:
        ConfigError: For every mistake of the user.
    """
    experiment, cli, data = parsed_data(arguments, "PREDICTIONS")
    is_named = any(override.plain_key == "run.name" for override in split_overrides(arguments.overrides))
    name = str(experiment.get("run.name")) if is_named else predictions.run_name()
    parent = place or Path(experiment.get("run.root") or "runs") / name
    config = evaluated_config(experiment, cli, name)
    job = Job("evaluate", name, arguments, experiment, cli, RunFolder.reserve(parent), entries=entries or {})
    with translated(Building(experiment)):
        evaluation, left_out = _evaluation(cli, data)
        data.prepare(predictions.split)
        dataset = data.datasets[predictions.split]
        read, files = _reader(dataset, data, predictions)
    if left_out:
        what = "needs probabilities, which label maps do not hold" if len(left_out) == 1 else "need probabilities"
        say(f"left out: {', '.join(left_out)} {what}", file=sys.stderr)
    line = ["segcli", arguments.verb, *arguments.line]
    records = RunRecords.begin(job, config, line, None, {})
    status = "failed"
    try:
        with translated(Building(experiment)):
            facts = record_data(data, job.folder.path, job.fingerprint)
            scores = _measured(evaluation, dataset, read)
            specs = [vars(spec) for spec in evaluation.metrics.metric_specs]
            records.passport.add(
                data=facts,
                metrics=definitions(cli.config.model.task, data.classes) | _sizes(data, dataset),
                predictions={**predictions.record(), "files": len(files), "sha256": _digest(files)},
                **({"scores": specs} if specs else {}),
            )
            groups = write_scores(job.folder.path, predictions.split, evaluation, scores, data, {"epoch": None})
        status = "finished"
    finally:
        records.close(status)
        job.folder.release()
    return Evaluated(job.folder.path, predictions, tuple(data.classes), len(dataset), scores, groups, left_out)


def _evaluation(cli: "SegmentationCLI", data: SegmentationDataModule) -> tuple[LabelEvaluation, list[str]]:
    """Return what counts, and the names of metrics that label maps do not give."""
    model, number = cli.config.model, len(data.classes)
    kind = KINDS[model.task]
    with blamed("model.task"):
        kind.require_classes(data.classes)
        kind.require_masks(data.multilabel)
    chosen = with_thresholds(part(cli.config, "model.metrics"), model.average_precision_thresholds)
    with blamed("model.metrics"):
        kept, left_out = from_labels(chosen, model.task, number)
        return LabelEvaluation(kind.metric(number), LabelMetrics(kept, model.task, number)), left_out


def _reader(
    dataset: SampleDataset, data: SegmentationDataModule, predictions: Predictions
) -> tuple[Read, Sequence[Path]]:
    """Return what reads prediction and mask of an image, and all files of predictions; say how they are read."""
    folder = predictions.folder
    paths = dataset.paths()
    if not folder.is_dir():
        raise DataError(f"{folder} is missing or no folder; name that of the predictions.")
    folders = class_folders(folder, data.classes) if data.multilabel else [folder]
    searched = _searched(dataset, data, predictions)
    found = [find_predictions(each, searched, predictions.pattern) for each in folders]
    columns = [each.files for each in found]
    if others := [file for each in found for file in each.others]:
        say(f"not used, of no image of {predictions.split}: {few([str(file) for file in others])}", file=sys.stderr)
    if data.multilabel:
        if predictions.values != "classes" or predictions.others is not None:
            raise DataError(
                "--values and --others are not for multilabel data: a file for each class holds no and yes."
            )
        labels: Callable[[Sequence[Path]], Labels] = read_class_files
    else:
        masks = dataset.labels if isinstance(dataset, RecordDataset) else None
        of_one = PredictedLabels(data.classes, predictions.values, masks, predictions.others)
        labels = lambda files: of_one(files[0])  # noqa: E731
        last = len(data.classes) - 1
        told = f"as class indices, 0 to {last}" if predictions.values == "classes" else "like the masks of the data"
        say(f"predictions are read {told}", file=sys.stderr)

    def read(index: int) -> tuple[Labels, Labels]:
        mask, files = dataset.load_mask(index), [column[index] for column in columns]
        assert mask is not None
        predicted = labels(files)
        require_size_of_mask(files[0], predicted, paths[index], mask)
        return predicted, mask

    return read, [file for column in columns for file in column]


def _searched(dataset: SampleDataset, data: SegmentationDataModule, predictions: Predictions) -> Searched:
    """Return the images whose predictions are searched for."""
    split, paths, images = predictions.split, dataset.paths(), images_of_splits(data)
    if not isinstance(dataset, RecordDataset):
        return Searched(split, paths, paths, no_predictions=images)
    names = [record.name for record in dataset.records]
    inside = {record.image_name: record.packed[0].key for record in dataset.records if record.packed}
    masks = {
        mask.file_name
        for record in dataset.records
        for mask in record.masks
        if predictions.values == "masks" and mask.file_name is not None and mask.content is None
    }
    extensions = {extension for mask in masks if (extension := extension_of(mask))}
    return Searched(split, paths, names, inside, images, extensions)


def _measured(evaluation: LabelEvaluation, dataset: SampleDataset, read: Read) -> Scores:
    """Count all images in their order; what is wrong with files is told of all of them.

    Raises:
        DataError: If a file is at fault.
    """
    paths, faults = dataset.paths(), list[str]()
    with DataProgress(len(dataset), "scoring") as progress:
        for index, found in enumerate(_in_order(read, len(dataset))):
            if isinstance(found, str):
                faults.append(found)
            elif not faults:
                predicted, mask = (torch.from_numpy(np.ascontiguousarray(each))[None] for each in found)
                evaluation.count(predicted, mask, [paths[index]], no_probabilities)
            progress.advance()
    refuse(faults)
    return evaluation.scores()


def _in_order(read: Read, number: int) -> Iterator[tuple[Labels, Labels] | str]:
    """Yield prediction and mask of every image, read in several threads, or what is wrong with its files."""

    def tried(index: int) -> tuple[Labels, Labels] | str:
        try:
            return read(index)
        except DataError as error:
            return str(error)

    with quiet_threads(), ThreadPoolExecutor(READERS) as pool:
        for begin in range(0, number, _WINDOW):
            yield from pool.map(tried, range(begin, min(begin + _WINDOW, number)))


def _sizes(data: SegmentationDataModule, dataset: SampleDataset) -> dict[str, str]:
    """Return what scores count where ``segcli validate`` counts otherwise, and say so: at another size."""
    if not data.val_transforms or not changes_sizes(dataset):
        return {}
    told = "scores are at the size of the masks' files; a trained run has them after data.val_transforms"
    say(f"warning: {told}, which change it: compare will refuse both together", file=sys.stderr)
    return {"counts": "summed over all images of the split, at the size of their masks' files"}


def _digest(files: Sequence[Path]) -> str:
    """Return 16 hexadecimal digits that are equal for equal files in one order."""
    return hashlib.sha256("\n".join(str(file_hash(file)) for file in files).encode()).hexdigest()[:16]
