"""Open what predicts: a checkpoint of a run, or a file that was exported from one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segcli.config.errors import ConfigError, Problem
from segcli.datasets.palette import default_palette
from segcli.experiment.errors.translate import translated
from segcli.experiment.parts import PartError, part
from segcli.export.description import ExportError
from segcli.export.formats import FORMATS, open_exported
from segcli.inference.checkpoint import experiment_in, load_checkpoint
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.ensemble import Ensemble
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import Predictor, PredictorError
from segcli.segmenter import Segmenter


def open_predictor(paths: Sequence[Path], device: str = "auto", threads: int = 0) -> Predictor:
    """Open a model, or several whose probabilities are averaged.

    Args:
        paths: Checkpoints and exported files.
        device: Where checkpoints compute: ``auto`` for a GPU where there is one, or a name of torch's.
        threads: Of the processor, for exported files; 0 for as many as there are cores.

    Raises:
        ConfigError: If one is missing, damaged or none, or they do not go together.
    """
    device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    _require_device(device)
    try:
        opened = [_opened(path, device, threads) for path in paths]
        return opened[0] if len(opened) == 1 else Ensemble(opened)
    except (ExportError, PredictorError) as error:
        raise ConfigError([Problem(str(error))]) from error


def _require_device(name: str) -> None:
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:  # what torch raises of a device that is not there
        reason = str(error).partition("\n")[0]
        raise ConfigError([Problem(f"device {name} cannot be used: {reason}")]) from None


def is_exported(path: Path) -> bool:
    """Return whether a file is an exported one, by its name."""
    return path.suffix in {Path(each.file_name).suffix for each in FORMATS.values()}


def _opened(path: Path, device: str, threads: int) -> Predictor:
    if is_exported(path):
        return FilePredictor(open_exported(path, threads), path.name)
    with translated():
        segmenter = Segmenter.from_checkpoint(path)
        config, classes = experiment_in(load_checkpoint(path))
    precision = config["trainer"].get("precision") if isinstance(config.get("trainer"), dict) else None
    return CheckpointPredictor(segmenter, _palette(config, len(classes)), path.name, device, precision)


def _palette(config: dict[str, Any], num_classes: int) -> NDArray[np.uint8]:
    """Return the colours of the data, as far as they are known without these."""
    try:
        own = getattr(part(config, "data"), "palette", None)
    except PartError:
        own = None
    return own if own is not None and len(own) == num_classes else default_palette(num_classes)
