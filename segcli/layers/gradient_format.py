"""The memory format of gradients: that of the map they belong to.

On CPUs torch (2.14.1) mistakes the format of a gradient where a batch, a height or a width of 1 leaves its strides
open, as after ``flatten(2).transpose(1, 2)`` of one image: with an NCHW map and an NHWC gradient, or the reverse, the
backward of batch and instance normalisation is wrong by as much as it is large, in any precision. Where it sees that
formats differ, it takes 1.4 to 11 times as long as with a copy. So every such gradient is copied, in all versions.
"""

from functools import partial

import torch
from torch import Tensor, nn

NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm, nn.InstanceNorm2d)


def keep_gradient_format(model: nn.Module) -> None:
    """Bring gradients that enter a normalisation of ``(B, C, H, W)`` maps, on CPUs, into the format of the map.

    Args:
        model: Gets a forward hook on each of its normalisations. Code that inductor compiles is right without it, and
            stays as it is.
    """
    for module in model.modules():
        if isinstance(module, NORMS):
            module.register_forward_hook(_keep)


def _keep(_norm: nn.Module, _inputs: object, output: Tensor) -> None:
    if torch.compiler.is_compiling() or output.device.type != "cpu" or not output.requires_grad or output.dim() != 4:
        return
    memory_format = torch.contiguous_format if output.is_contiguous() else torch.channels_last
    output.register_hook(partial(Tensor.contiguous, memory_format=memory_format))  # type: ignore[no-untyped-call]
