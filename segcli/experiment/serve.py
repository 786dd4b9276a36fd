"""Open what is to be served: checkpoints or exported files, with what their experiment says of inference."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcli.config.errors import ConfigError, Problem
from segcli.experiment.open_predictor import is_exported, open_predictor
from segcli.experiment.parts import PartError, part
from segcli.inference.checkpoint import experiment_in, load_checkpoint
from segcli.inference.inference_settings import InferenceSettings
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import Predictor, PredictorError
from segcli.runs.surroundings import file_hash
from segcli.serve.access import Access
from segcli.serve.application import Application
from segcli.serve.examples import Examples
from segcli.serve.limits import Limits
from segcli.serve.served_model import ServedModel
from segcli.transforms.leaves import class_names


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a server.

    Attributes:
        checkpoints: Checkpoints and exported files, whose probabilities are averaged.
        limits: Of requests.
        access: Who may ask.
        examples: A folder of images that the page offers; None for none.
    """

    checkpoints: Sequence[Path]
    limits: Limits
    access: Access
    examples: Path | None


def open_application(wanted: Wanted) -> Application:
    """Open a model and all that answers by it.

    Raises:
        ConfigError: If the files or the folder are at fault, or the model cannot do what its experiment says.
    """
    predictor = open_predictor(wanted.checkpoints)
    examples = Examples(wanted.examples, predictor, wanted.limits)
    hashes = {path.name: file_hash(path) for path in wanted.checkpoints}
    settings, trained = _inference(wanted.checkpoints[0], predictor)
    try:
        model = ServedModel(predictor, settings, trained, hashes, wanted.limits)
    except (PredictorError, ValueError) as error:
        raise ConfigError([Problem(str(error))]) from error
    return Application(model, wanted.access, examples)


def _inference(path: Path, predictor: Predictor) -> tuple[InferenceSettings, Sequence[str]]:
    """Return what the experiment of a file says of inference, and names of the transforms of its training."""
    if is_exported(path):
        values: dict[str, Any] = dict(predictor.inference) if isinstance(predictor, FilePredictor) else {}
        return InferenceSettings(**values), ()
    config, _ = experiment_in(load_checkpoint(path))
    try:
        trained = class_names(part(config, "data").train_transforms)
    except PartError:  # of data that are not at hand
        trained = []
    return InferenceSettings(**(config.get("inference") or {})), trained
