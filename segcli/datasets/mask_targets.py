"""What follows from a mask alone and takes long, such as distances: computed where images are loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TargetFunction = Callable[[NDArray[np.uint8], int], NDArray[np.float32]]
"""Maps an ``(H, W)`` or ``(K, H, W)`` mask and the number of logits per pixel to an array; importable, for workers."""

Targets = Mapping[str, Tensor]
"""Of a batch, by name, each ``(B, ...)``."""


@dataclass(frozen=True)
class MaskTargets:
    """Compute targets of masks.

    Args:
        functions: How, by the targets' names.
        channels: Logits per pixel, K; 1 for the binary task.
    """

    functions: Mapping[str, TargetFunction]
    channels: int

    def __call__(self, mask: NDArray[np.uint8]) -> dict[str, Tensor]:
        """Map an ``(H, W)`` or ``(K, H, W)`` mask to its targets."""
        return {name: torch.from_numpy(function(mask, self.channels)) for name, function in self.functions.items()}

    def completed(self, mask: Tensor, given: Targets | None) -> Targets:
        """Return the targets of a batch, of which those that are not given are computed here, on the CPU.

        Args:
            mask: ``(B, H, W)`` or ``(B, K, H, W)`` integers.
            given: What the loaders computed; None for nothing.
        """
        given = given or {}
        lacking = MaskTargets({k: v for k, v in self.functions.items() if k not in given}, self.channels)
        if not lacking.functions:
            return given
        found = [lacking(each) for each in mask.to("cpu", torch.uint8).numpy()]
        return {**given, **{k: torch.stack([each[k] for each in found]).to(mask.device) for k in lacking.functions}}
