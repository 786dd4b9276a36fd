"""What of an experiment says how predictions were scored that it did not make."""

from typing import TYPE_CHECKING, Any

from segcli.config.compose import Experiment
from segcli.config.environment import ENVIRONMENT
from segcli.config.keys import PREDICTIONS, SEED

if TYPE_CHECKING:
    from segcli.experiment.lightning_cli import SegmentationCLI

_MODEL = ("task", "metrics", "average_precision_thresholds")
"""Keys of ``model`` that scores depend on."""


def evaluated_config(experiment: Experiment, cli: "SegmentationCLI", name: str) -> dict[str, Any]:
    """Return the ``config.yaml`` of predictions: data and metrics of the experiment, and none of its model.

    Args:
        experiment: What was composed.
        cli: Its typed values.
        name: Of the run, under which comparisons know what predicted.
    """
    whole = experiment.environment.stored(cli.resolved())
    model = {key: whole["model"][key] for key in _MODEL if key in whole["model"]}
    found = {"defaults": "none", SEED: None, PREDICTIONS: name, "model": model, "data": whole["data"]}
    marks = {key: digest for key, digest in (whole.get(ENVIRONMENT) or {}).items() if _is_kept(key)}
    return {**found, "run": {**whole["run"], "name": name}, **({ENVIRONMENT: marks} if marks else {})}


def _is_kept(key: str) -> bool:
    section, _, rest = key.partition(".")
    return section in ("data", "run") or (section == "model" and rest.partition(".")[0] in _MODEL)
