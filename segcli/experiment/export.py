"""Export the checkpoint of a command line: its model, its data, and the folder that the file goes to."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import parsed_data
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.output_folder import appearing
from segcli.experiment.parts import blamed, inference_of
from segcli.export.description import ExportError
from segcli.export.export_checkpoint import Export, Exported, export_checkpoint
from segcli.export.model_card import stored_run
from segcli.inference.checkpoint import experiment_in, load_checkpoint
from segcli.inference.inference_settings import InferenceSettings
from segcli.runs.identity import experiment_hash
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_run import StoredRun
from segcli.runs.surroundings import file_hash, versions
from segcli.segmenter import Segmenter

FOLDER = "export"


def export(arguments: RunArguments, wanted: Mapping[str, Any], output: Path | None) -> Exported:
    """Write the model of a checkpoint into a file.

    Args:
        arguments: What was typed; it names a checkpoint.
        wanted: Arguments of :class:`segcli.export.export_checkpoint.Export`.
        output: An empty or new folder; None for one in the run's.

    Raises:
        ConfigError: For every mistake of the user.
    """
    checkpoint = arguments.checkpoint
    assert checkpoint is not None
    experiment, cli, data = parsed_data(arguments)
    with translated(Building(experiment)):
        segmenter = Segmenter.from_checkpoint(checkpoint)
        with blamed("inference"):
            inference = inference_of(cli.config, data)
        segmenter.thresholds = inference.thresholds
        wanted = {**wanted, "inference": _left_to_others(inference.settings)}
        folder = RunFolder.of_checkpoint(checkpoint)
        run = stored_run(folder.path if folder is not None else None)
        origin = _origin(checkpoint, run)
        try:
            with appearing(output, folder, FOLDER) as place:
                exported = export_checkpoint(
                    segmenter, data, Export(**wanted), place.path, origin, run, lambda line: say(line, file=sys.stderr)
                )
            return replace(exported, path=place.path / exported.path.name)
        except ExportError as error:
            raise ConfigError([Problem(str(error))]) from error


def _left_to_others(settings: InferenceSettings) -> dict[str, Any]:
    """Return what is set and not in the file."""
    return {name: value for name, value in settings.record().items() if name != "threshold"}


def _origin(checkpoint: Path, run: StoredRun | None) -> dict[str, Any]:
    config, _ = experiment_in(load_checkpoint(checkpoint))
    name = (config.get("run") or {}).get("name")
    commit = ((run.passport.get("git") or {}) if run is not None else {}).get("commit")
    return {
        "experiment": run.name if run is not None else name or checkpoint.stem,
        "experiment_hash": experiment_hash(config),
        "checkpoint": checkpoint.name,
        "checkpoint_sha256": file_hash(checkpoint),
        "commit": commit,
        "versions": versions(),
    }
