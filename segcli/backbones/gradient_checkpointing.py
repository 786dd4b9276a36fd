"""Gradient checkpointing (Chen et al., 2016), https://arxiv.org/abs/1604.06174, of models of timm.

Blocks keep their input alone and run again in the backward pass. timm implements it per model; whether it takes place
where features are taken is tried out on a copy without memory, never guessed from a name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from segcli.private_names import is_batch_norm

if TYPE_CHECKING:
    from segcli.private_names import BatchNorm


def switch_on(model: nn.Module, name: str) -> None:
    """Make a model of timm keep less for the backward pass.

    Raises:
        ValueError: If timm does not offer it for this model.
    """
    try:
        model.set_grad_checkpointing(True)  # type: ignore[operator] # of every model in timm
    except (AssertionError, AttributeError, NotImplementedError, TypeError):
        raise ValueError(_refusal(name, "timm has none for it")) from None


def check_saves(model: nn.Module, name: str, run: Callable[[], object]) -> None:
    """Switch it on in a copy without memory, and see that less is kept.

    Args:
        model: The copy; it is changed.
        name: Its name, for the message.
        run: Applies it to an image.

    Raises:
        ValueError: If timm does not offer it for this model, or not where features are taken.
    """
    model.train()
    before = kept_bytes(run)
    switch_on(model, name)
    if kept_bytes(run) >= before:
        raise ValueError(_refusal(name, "this version of timm keeps as much with it as without"))


def kept_bytes(run: Callable[[], object]) -> int:
    """Return the bytes, parameters aside, that a forward pass keeps for the backward pass."""
    kept: list[int] = []

    def note(tensor: Tensor) -> Tensor:
        if not (tensor.is_leaf and tensor.requires_grad):
            kept.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        run()
    return sum(kept)


class StatisticsOnce:
    """Let batch norms count each batch once, though the backward pass runs them a second time.

    Args:
        model: Holds them.
    """

    def __init__(self, model: nn.Module) -> None:
        self._is_first_run = False
        self._momenta: dict[nn.Module, float | None] = {}
        for module in model.modules():
            if is_batch_norm(module):
                module.register_forward_pre_hook(self._before)
                module.register_forward_hook(self._after, always_call=True)  # the second run ends in an exception

    @contextmanager
    def first_run(self) -> Iterator[None]:
        """Count the batches that are seen in here, and no others."""
        self._is_first_run = True
        try:
            yield
        finally:
            self._is_first_run = False

    def _before(self, module: "BatchNorm", _inputs: object) -> None:
        if not self._is_first_run and module.training and module.num_batches_tracked is not None:
            self._momenta[module], module.momentum = module.momentum, 0.0
            module.num_batches_tracked.sub_(1)

    def _after(self, module: "BatchNorm", _inputs: object, _output: object) -> None:
        if module in self._momenta:
            module.momentum = self._momenta.pop(module)


def _refusal(name: str, why: str) -> str:
    return (
        f"TimmBackbone got gradient_checkpointing true for {name}, expected a model that offers it, but {why}; set "
        "model.backbone.gradient_checkpointing to false, and save memory by data.batch_size or trainer.precision."
    )
