"""Start a model from the weights of another run, as far as they fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from segcli.inference.checkpoint import CheckpointError, experiment_in, load_checkpoint

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
    """

    path: Path
    taken: tuple[str, ...]
    new: Mapping[str, str]

    def __str__(self) -> str:
        total = len(self.taken) + len(self.new)
        told = f"model.weights: {len(self.taken)} of {total} tensors are from {self.path}"
        if not self.new:
            return told
        some = [f"{name} ({why})" for name, why in list(self.new.items())[:_SHOWN]]
        more = f" and {len(self.new) - _SHOWN} more" if len(self.new) > _SHOWN else ""
        return f"{told}; new are {', '.join(some)}{more}"


def warm_start(segmenter: nn.Module, classes: Sequence[str], path: Path) -> WarmStart:
    """Load what fits by name and shape into a model, in place.

    A classifier of other classes stays new, even of as many: its outputs would mean something else.

    Args:
        segmenter: The model.
        classes: Names of its classes, in order.
        path: Checkpoint of a run.

    Raises:
        CheckpointError: If it is none, or nothing of it fits; the message names some of what does not.
    """
    try:
        content = load_checkpoint(path)
    except CheckpointError as error:
        raise CheckpointError(f"model.weights: {error}") from None
    is_of_others = experiment_in(content)[1] != tuple(classes)
    theirs = {
        name.removeprefix(_PREFIX): value for name, value in content["state_dict"].items() if name.startswith(_PREFIX)
    }
    own = {name: value for name, value in segmenter.state_dict().items() if name not in _OWN}
    new = {}
    for name, value in own.items():
        if why := _misfit(value, theirs.get(name), is_of_others and _OF_CLASSES in name.split(".")):
            new[name] = why
    taken = tuple(name for name in own if name not in new)
    if not any(name for name, _ in segmenter.named_parameters() if name in taken):
        some = ", ".join(f"{name} ({why})" for name, why in list(new.items())[:_SHOWN])
        raise CheckpointError(
            f"model.weights got {path}, of which nothing fits the model: {some}; name a run with the same "
            "model.backbone or model.decoder, or remove model.weights"
        )
    with torch.no_grad():
        for name in taken:
            own[name].copy_(theirs[name])
    return WarmStart(path, taken, new)


def _misfit(own: Tensor, theirs: Tensor | None, is_of_others: bool) -> str:
    """Say why a tensor cannot be taken; nothing if it can."""
    if theirs is None:
        return "not there"
    if own.shape != theirs.shape:
        return f"{_times(theirs)} there, {_times(own)} here"
    return "of other classes" if is_of_others else ""


def _times(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"
