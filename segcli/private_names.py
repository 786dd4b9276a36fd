"""Names of dependencies that are not public, each with what it stands for; a test sees that they are still there.

Importing it imports none of them.
"""

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from optuna import Study
    from pytorch_lightning import Trainer
    from pytorch_lightning.callbacks import RichProgressBar
    from pytorch_lightning.strategies import DDPStrategy
    from torch import Tensor, nn
    from torch.nn.modules.batchnorm import _BatchNorm

    BatchNorm = _BatchNorm


def validates_now(trainer: "Trainer") -> bool:
    """Return whether a validation follows the batch that was just trained on."""
    fetcher = trainer.fit_loop._data_fetcher
    return fetcher is not None and trainer.fit_loop.epoch_loop._should_check_val_fx(fetcher)


def accumulates(trainer: "Trainer") -> bool:
    """Return whether the optimizer waits for the gradients of more batches."""
    return trainer.fit_loop.epoch_loop._should_accumulate()


def may_stop_early(trainer: "Trainer") -> bool:
    """Return whether the least epochs and steps are behind a run that something asks to stop."""
    return trainer.fit_loop._can_stop_early


def forget_restart(trainer: "Trainer") -> None:
    """Let the trainer train as one that was never interrupted."""
    trainer.fit_loop._restarting = trainer.fit_loop.epoch_loop.restarting = False


def describe_epochs(bar: "RichProgressBar", describe: Callable[[int], str]) -> None:
    """Let a bar of Lightning's write beside itself what is said of an epoch, counted from 0."""
    from pytorch_lightning.callbacks import RichProgressBar

    if type(bar)._get_train_description is RichProgressBar._get_train_description:
        bar._get_train_description = describe  # type: ignore[assignment, method-assign]


def ddp_options(strategy: "DDPStrategy") -> Mapping[str, Any]:
    """Return the arguments of ``DistributedDataParallel``."""
    return strategy._ddp_kwargs


def default_store(distributed: ModuleType) -> Any:  # noqa: ANN401  (a class of torch that is not exported)
    """Return what connected processes share."""
    return distributed.distributed_c10d._get_default_store()


def close_storage(study: "Study") -> None:
    """Give back the connections of this thread to the data base of a study of Optuna."""
    study._storage.remove_session()


def lerp_all(averages: "list[Tensor]", currents: "list[Tensor]", share: float) -> None:
    """Move tensors towards others by a share, in place and with few kernels."""
    import torch

    torch._foreach_lerp_(averages, currents, share)


def copy_all(averages: "list[Tensor]", currents: "list[Tensor]") -> None:
    """Overwrite tensors by others."""
    import torch

    torch._foreach_copy_(averages, currents)


def promise(condition: bool) -> None:
    """Let torch take for granted what it cannot see of sizes while it traces a graph."""
    import torch

    torch._check(condition)


def is_batch_norm(module: "nn.Module") -> TypeGuard["BatchNorm"]:
    """Return whether a module is a batch norm of any number of dimensions, over one device or several."""
    from torch.nn.modules.batchnorm import _BatchNorm

    return isinstance(module, _BatchNorm)


def embedded_tokens(model: "nn.Module", image: "Tensor") -> "tuple[Tensor, Tensor | None]":
    """Map an image to the tokens of a plain transformer of timm before its first block, prefix tokens first.

    Returns:
        The tokens, and, of a model that rotates by position, by how much each patch.
    """
    found = model._pos_embed(model.patch_embed(image))  # type: ignore[operator]
    tokens, rope = found if isinstance(found, tuple) else (found, None)
    return model.norm_pre(tokens), rope  # type: ignore[operator]


def compile_error() -> type[Exception] | None:
    """Return what ``torch.compile`` raises; None while nothing was compiled, importing its module takes long."""
    module = sys.modules.get("torch._dynamo.exc")
    return None if module is None else module.TorchDynamoException
