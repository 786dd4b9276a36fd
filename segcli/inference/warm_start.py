"""Start a model from the weights of another run, or of a published model, as far as they fit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from segcli.inference.checkpoint import CheckpointError
from segcli.inference.smp_weights import LIBRARY
from segcli.inference.start_weights import StartWeights, some

BACKBONE = "backbone."
"""Begins the names of a backbone's weights in a segmenter."""
_OWN = ("scale", "shift")
"""Buffers that say how this experiment reads images."""


@dataclass(frozen=True)
class WarmStart:
    """What was taken of a checkpoint.

    Attributes:
        path: The checkpoint.
        taken: Names of the weights and running statistics that were taken.
        new: Those of the model that are as they were, each with the reason.
        unknown: Names in a published checkpoint that the model does not have; None of a run.
        backbone: What those of the backbone are that were not taken, in words.
    """

    path: Path
    taken: tuple[str, ...]
    new: Mapping[str, str]
    unknown: tuple[str, ...] | None = None
    backbone: str = ""

    def __str__(self) -> str:
        total = len(self.taken) + len(self.new)
        told = f"model.weights: {len(self.taken)} of {total} tensors are from {self.path}"
        if self.unknown is not None:
            told += f" of {LIBRARY}, classes as they are numbered there"
        names = [name for name in (*self.taken, *self.new) if name.startswith(BACKBONE)]
        if lacking := [name for name in names if name in self.new]:
            told += f"; {len(lacking)} of the backbone's {len(names)} are {self.backbone}: {_told(lacking, self.new)}"
        elif names and self.new:
            told += ", the backbone's among them"
        if new := [name for name in self.new if not name.startswith(BACKBONE)]:
            told += f"; new are {_told(new, self.new)}"
        return f"{told}; left are {some([*self.unknown])}" if self.unknown else told


def warm_start(
    segmenter: nn.Module,
    classes: Sequence[str],
    start: StartWeights,
    of_classes: Collection[str] = (),
) -> WarmStart:
    """Load what fits by name and shape into a model, in place.

    What belongs to other classes stays new, even of as many: its outputs would mean something else. A published
    checkpoint does not name its classes: then it is new only if there are not as many.

    Args:
        segmenter: The model.
        classes: Names of its classes, in order.
        start: The weights.
        of_classes: Names of the model's weights that belong to its classes, as
            :func:`segcli.decoders.of_classes.of_classes` finds them.

    Raises:
        CheckpointError: If nothing fits; the message names some of what does not.
    """
    own = segmenter.state_dict()
    theirs, unknown = start.named(own, type(segmenter.decoder).__name__)
    new = misfits(own, theirs)
    if start.classes is not None and start.classes != tuple(classes):
        new |= {name: "of other classes" for name in own if name in of_classes and name not in new}
    new = {name: new[name] for name in own if name in new and name not in _OWN}
    taken = tuple(name for name in own if name not in new and name not in _OWN)
    require_fit(segmenter, start, new)
    with torch.no_grad():
        for name in taken:
            own[name].copy_(theirs[name])
    return WarmStart(start.path, taken, new, unknown if start.classes is None else None, start.backbone)


def misfits(own: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> dict[str, str]:
    """Return the names of a model's tensors that cannot be taken from others, each with the reason."""
    return {name: why for name, value in own.items() if (why := _misfit(value, theirs.get(name)))}


def require_fit(segmenter: nn.Module, start: StartWeights, new: Mapping[str, str]) -> None:
    """Refuse weights of which no parameter fits a model.

    Args:
        segmenter: The model.
        start: The weights.
        new: Names of those of the model that do not, each with the reason.

    Raises:
        CheckpointError: If all are among them.
    """
    if all(name in new for name, _ in segmenter.named_parameters()):
        found = f", a model of {LIBRARY} with {some(list(start.state))}" if start.classes is None else ""
        raise CheckpointError(
            f"model.weights got {start.path}{found}, of which nothing fits the model: {_told(list(new), new)}; name a "
            "run with the same model.backbone or model.decoder, or remove model.weights"
        )


def _misfit(own: Tensor, theirs: Tensor | None) -> str:
    """Say why a tensor cannot be taken; nothing if it can."""
    if theirs is None:
        return "not there"
    return "" if own.shape == theirs.shape else f"{_times(theirs)} there, {_times(own)} here"


def _told(names: list[str], why: Mapping[str, str]) -> str:
    return some([f"{name} ({why[name]})" for name in names])


def _times(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"
