"""The data of an experiment alone: neither model nor trainer is built."""

from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.experiment.arguments import RunArguments
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.job import compose_for, parse_experiment, warn_of
from segcli.experiment.parts import blamed, part
from segcli.program import program

if TYPE_CHECKING:
    from segcli.experiment.lightning_cli import SegmentationCLI


def build_data(arguments: RunArguments, kind: str) -> tuple[Experiment, SegmentationDataModule]:
    """Return an experiment and its data module, which has read nothing yet; random numbers are seeded as for a run.

    Args:
        arguments: What was typed.
        kind: Word after the verb, for errors; empty where there is none.

    Raises:
        ConfigError: If there is no experiment, or it is wrong.
    """
    experiment, _, data = parsed_data(arguments, kind)
    return experiment, data


def parsed_data(
    arguments: RunArguments, kind: str = ""
) -> tuple[Experiment, "SegmentationCLI", SegmentationDataModule]:
    """Return also what holds the typed values of the experiment; see :func:`build_data`.

    Raises:
        ConfigError: If there is no experiment, or it is wrong.
    """
    if not arguments.is_given and arguments.checkpoint is None:
        verb = f"{arguments.verb} {kind}".rstrip()
        raise ConfigError([Problem(f"{verb} needs an experiment: {program()} {verb} -c FILE")])
    experiment = compose_for(replace(arguments, verb="fit"))
    warn_of(experiment)
    cli = parse_experiment(experiment)
    with translated(Building(experiment)):
        data: SegmentationDataModule = part(cli.config, "data")
        with blamed("data"):
            data.check_settings()
    return experiment, cli, data
