"""Weights to start a model from: of another run, or of a published model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from segcli.inference.checkpoint import (
    CheckpointError,
    experiment_in,
    read_checkpoint,
    require_experiment,
    require_finite,
)
from segcli.inference.smp_weights import LIBRARY, Renamed, is_of_smp, renamed

_PREFIX = "segmenter."
_SHOWN = 3


@dataclass(frozen=True)
class StartWeights:
    """What a file holds to start from.

    Attributes:
        path: The file.
        state: Its weights: of a run under the names of a segmenter, of a published model under its own.
        classes: Names of the run's classes, in order; None of a published model, which does not name them.
        backbone: What weights of the model's backbone are that the file does not bring, in words.
    """

    path: Path
    state: Mapping[str, Tensor] = field(repr=False)
    classes: tuple[str, ...] | None
    backbone: str = "as they were built"

    @classmethod
    def read(cls, path: Path) -> "StartWeights":
        """Read a checkpoint of a run, or the weights of a model of segmentation-models-pytorch, onto the CPU.

        Args:
            path: The file; of a published model as ``torch.save`` of its state dict or its ``save_pretrained`` writes
                it.

        Raises:
            CheckpointError: If it is missing, damaged or neither, or a weight is no finite number.
        """
        content = read_checkpoint(path)
        if not isinstance(content, Mapping) or not all(isinstance(each, Tensor) for each in content.values()):
            require_experiment(content, path)
            state = content["state_dict"]
            own = {name.removeprefix(_PREFIX): value for name, value in state.items() if name.startswith(_PREFIX)}
            return cls(path, own, experiment_in(content)[1])
        if not is_of_smp(content):
            raise CheckpointError(
                f"{path} holds weights of neither a run nor a model of {LIBRARY}, but {some(list(content))}; "
                "name one that a run wrote, such as its best.ckpt, or load these in PyTorch, into a Segmenter"
            )
        require_finite({"state_dict": content}, path)
        return cls(path, content, None)

    def named(self, own: Mapping[str, Tensor], decoder: str) -> Renamed:
        """Return the weights under the names of a segmenter, and what of a published model has none there.

        Args:
            own: State dict of the segmenter.
            decoder: Class of its decoder.
        """
        return Renamed(dict(self.state), ()) if self.classes is not None else renamed(self.state, own, decoder)


def some(names: list[str]) -> str:
    """Return a few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}" or "nothing"
