"""Fused kernels of torch's optimizers: one kernel updates all parameters."""

import torch
from torch.optim import Optimizer

_DEVICES = {"cpu", "cuda", "mps", "xpu", "hpu", "mtia"}
_TYPES = {torch.float16, torch.bfloat16, torch.float32, torch.float64}


def fuse(optimizer: Optimizer) -> None:
    """Make every step one kernel, if there is one for all parameters; else leave the choice to torch.

    torch's own ``fused=True`` is an error for some parameters, at the first step only. It also makes the step undo the
    loss scale of 16-bit training, for which Lightning refuses to clip gradients in any mixed precision; set here, the
    scaler undoes it beforehand.

    Args:
        optimizer: One that has the argument ``fused``; its groups are changed in place.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if all(parameter.device.type in _DEVICES and parameter.dtype in _TYPES for parameter in parameters):
        for options in (optimizer.defaults, *optimizer.param_groups):
            options["fused"] = True
