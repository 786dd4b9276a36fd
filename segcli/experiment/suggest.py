"""Suggest what to label next by the checkpoint of a command line, beside what its data hold already."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.disk import write_bytes, write_text
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import build_data
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.labelled_experiment import keeps_meaning, labelled_experiment, values_of_masks
from segcli.experiment.open_predictor import open_predictor
from segcli.experiment.output_folder import appearing
from segcli.inspection.preview import png
from segcli.predict.predictor import PredictorError
from segcli.runs.run_folder import RunFolder
from segcli.suggest.files import labelled_rows, write_files
from segcli.suggest.labelled import Labelled, labelled_data, labelled_folder
from segcli.suggest.measure import Measurer
from segcli.suggest.output_names import EXPERIMENT, PICTURE, TABLE, WITH_LABELLED
from segcli.suggest.picture import suggestions_grid
from segcli.suggest.suggest import suggest
from segcli.suggest.suggestions import Suggestions
from segcli.suggest.uncertainty import Measure

FOLDER = "suggestions"
NONE = "none"
"""Value of ``--labelled``: as if nothing were."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        folder: Of the images.
        number: How many to suggest.
        by: What uncertainty is measured by.
        labelled: A folder of labelled images; ``none``; None for the data of the checkpoint.
        checkpoints: Files of the models, of which the first says what is alike.
        output: An empty or new folder; None for one in the run's.
    """

    folder: Path
    number: int
    by: Measure
    labelled: str | None
    checkpoints: Sequence[Path]
    output: Path | None


@dataclass(frozen=True)
class Suggested:
    """What was suggested and written.

    Attributes:
        folder: Of the files.
        found: What was chosen.
        experiment: Text of the experiment that reads it once it is labelled; empty where no table can name the masks.
        values: What masks have to hold, in words.
        with_labelled: Whether the experiment's table holds the labelled images, too.
        is_whole: Whether the experiment is a whole one.
    """

    folder: Path
    found: Suggestions
    experiment: str
    values: str
    with_labelled: bool
    is_whole: bool


def suggest_for(arguments: RunArguments, request: Request) -> Suggested:
    """Choose images and write the files.

    Args:
        arguments: What was typed; its checkpoint is the first of the request.
        request: What is asked for.

    Raises:
        ConfigError: For every mistake of the user.
    """
    predictor = open_predictor(request.checkpoints)
    try:
        measurer = Measurer(predictor, request.by)
    except PredictorError as error:
        raise ConfigError([Problem(str(error))]) from None
    experiment, data = build_data(arguments, "")
    run = RunFolder.of_checkpoint(request.checkpoints[0])
    with translated(Building(experiment)), appearing(request.output, run, FOLDER) as place:
        labelled = _labelled(data, measurer, request.labelled)
        found = suggest(request.folder, request.number, measurer, labelled, request.by)
        rows = labelled_rows(labelled.splits) if keeps_meaning(data) and not data.multilabel else None
        write_files(place.path, found.chosen, rows, found.skipped)
        picture = png(suggestions_grid(found.chosen, measurer, data.display_channels))
        write_bytes(place.path / PICTURE, picture)
    folder = place.path
    text = _experiment(experiment, data, folder, TABLE if rows is None else WITH_LABELLED, run)
    values = values_of_masks(experiment, data)
    return Suggested(folder, found, text, values, rows is not None, "extends" in text.partition("\n")[0])


def _labelled(data: SegmentationDataModule, measurer: Measurer, wanted: str | None) -> Labelled:
    if wanted is None:
        return labelled_data(data)
    return Labelled() if wanted == NONE else labelled_folder(Path(wanted), measurer.predictor.image_mode)


def _experiment(
    experiment: Experiment, data: SegmentationDataModule, folder: Path, manifest: str, run: RunFolder | None
) -> str:
    """Write the experiment, which names the folder, and return its text; empty where there can be none."""
    if data.multilabel:
        return ""
    text = labelled_experiment(experiment, data, folder, manifest, run)
    try:
        write_text(folder / EXPERIMENT, text)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write to {folder}: {error.strerror or error}")]) from None
    return text
