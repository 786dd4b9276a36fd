"""Start a model from the weights of another run, or of a published model, as far as they fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from segcli.inference.checkpoint import (
    CheckpointError,
    experiment_in,
    read_checkpoint,
    require_experiment,
    require_finite,
)
from segcli.inference.smp_weights import LIBRARY, is_of_smp, renamed

_PREFIX = "segmenter."
_OWN = ("scale", "shift")
"""Buffers that say how this experiment reads images."""
_OF_CLASSES = "classifier"
"""Module whose outputs are the classes in their order."""
_SHOWN = 3


@dataclass(frozen=True)
class WarmStart:
    """What was taken of a checkpoint.

    Attributes:
        path: The checkpoint.
        taken: Names of the weights and running statistics that were taken.
        new: Those of the model that are as they were, each with the reason.
        unknown: Names in a published checkpoint that the model does not have; None of a run.
    """

    path: Path
    taken: tuple[str, ...]
    new: Mapping[str, str]
    unknown: tuple[str, ...] | None = None

    def __str__(self) -> str:
        total = len(self.taken) + len(self.new)
        told = f"model.weights: {len(self.taken)} of {total} tensors are from {self.path}"
        if self.unknown is not None:
            told += f" of {LIBRARY}, classes as they are numbered there"
        if self.new:
            told += f"; new are {_some([f'{name} ({why})' for name, why in self.new.items()])}"
        return f"{told}; left are {_some(self.unknown)}" if self.unknown else told


def warm_start(segmenter: nn.Module, classes: Sequence[str], path: Path) -> WarmStart:
    """Load what fits by name and shape into a model, in place.

    A classifier of other classes stays new, even of as many: its outputs would mean something else. A published
    checkpoint does not name its classes: then it is new only if there are not as many.

    Args:
        segmenter: The model.
        classes: Names of its classes, in order.
        path: Checkpoint of a run, or the weights of a model of segmentation-models-pytorch as ``torch.save`` of its
            state dict or its ``save_pretrained`` writes them.

    Raises:
        CheckpointError: If it is none, or nothing of it fits; the message names some of what does not.
    """
    try:
        content = read_checkpoint(path)
        theirs, unknown, is_of_others = _weights_in(content, segmenter, classes, path)
    except CheckpointError as error:
        raise CheckpointError(f"model.weights: {error}") from None
    own = {name: value for name, value in segmenter.state_dict().items() if name not in _OWN}
    new = {}
    for name, value in own.items():
        if why := _misfit(value, theirs.get(name), is_of_others and _OF_CLASSES in name.split(".")):
            new[name] = why
    taken = tuple(name for name in own if name not in new)
    if not any(name for name, _ in segmenter.named_parameters() if name in taken):
        some = ", ".join(f"{name} ({why})" for name, why in list(new.items())[:_SHOWN])
        found = f", a model of {LIBRARY} with {_some(list(content))}" if unknown is not None else ""
        raise CheckpointError(
            f"model.weights got {path}{found}, of which nothing fits the model: {some}; name a run with the same "
            "model.backbone or model.decoder, or remove model.weights"
        )
    with torch.no_grad():
        for name in taken:
            own[name].copy_(theirs[name])
    return WarmStart(path, taken, new, unknown)


def _weights_in(
    content: Any,  # noqa: ANN401  (whatever was saved)
    segmenter: nn.Module,
    classes: Sequence[str],
    path: Path,
) -> tuple[Mapping[str, Tensor], tuple[str, ...] | None, bool]:
    """Return weights under the model's names, what has none in a published file, and whether its classes are others."""
    if not isinstance(content, Mapping) or not all(isinstance(each, Tensor) for each in content.values()):
        require_experiment(content, path)
        state = content["state_dict"]
        theirs = {name.removeprefix(_PREFIX): value for name, value in state.items() if name.startswith(_PREFIX)}
        return theirs, None, experiment_in(content)[1] != tuple(classes)
    if not is_of_smp(content):
        raise CheckpointError(
            f"{path} holds weights of neither a run nor a model of {LIBRARY}, but {_some(list(content)) or 'nothing'}; "
            "name one that a run wrote, such as its best.ckpt, or load these in PyTorch, into a Segmenter"
        )
    require_finite({"state_dict": content}, path)
    return *renamed(content, segmenter.state_dict(), type(segmenter.decoder).__name__), False


def _misfit(own: Tensor, theirs: Tensor | None, is_of_others: bool) -> str:
    """Say why a tensor cannot be taken; nothing if it can."""
    if theirs is None:
        return "not there"
    if own.shape != theirs.shape:
        return f"{_times(theirs)} there, {_times(own)} here"
    return "of other classes" if is_of_others else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _times(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"
