"""Stochastic gradient descent with momentum (Sutskever et al., 2013), in torch's implementation.

https://proceedings.mlr.press/v28/sutskever13.html; unlike the paper's, the velocity is not multiplied by the learning
rate until it is applied, so that a schedule acts at once.
"""

import torch
from torch.optim.optimizer import ParamsT

from segcli.optim.fused import fuse


class SGD(torch.optim.SGD):
    """Gradient descent with momentum; weight decay is part of the gradient.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate at the top of the schedule.
        momentum: Share of the last step's velocity that is kept, 0 to 1; 0 for none.
        weight_decay: Share of each weight added to its gradient.
        nesterov: Whether the gradient counts as if taken after the momentum's step; needs a momentum above 0.
        fused: Whether one kernel updates all parameters; where there is none, torch chooses.

    Raises:
        ValueError: If ``nesterov`` has no momentum, or a number is negative.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        nesterov: bool = False,
        fused: bool = True,
    ) -> None:
        if nesterov and momentum <= 0:
            raise ValueError(f"SGD got nesterov with momentum {momentum}, expected one above 0; 0.9 is usual.")
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)
        if fused:
            fuse(self)
            self.register_step_pre_hook(_give_momentum)


def _give_momentum(optimizer: torch.optim.Optimizer, _args: object, _kwargs: object) -> None:
    """Begin the velocity of what was thawed after the first step: torch's fused kernel has one for all or for none."""
    for group in optimizer.param_groups:
        moving = [parameter for parameter in group["params"] if parameter.grad is not None]
        new = [parameter for parameter in moving if optimizer.state[parameter].get("momentum_buffer") is None]
        if group["momentum"] and len(new) < len(moving):
            for parameter in new:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
