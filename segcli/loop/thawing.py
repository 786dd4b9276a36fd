"""Stages of the backbone that thaw while a training runs, on one device or several."""

import pytorch_lightning as pl
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy

from segcli.backbones.base import Backbone
from segcli.optim.freezing import Freezing
from segcli.private_names import ddp_options


def apply_freezing(freezing: Freezing, backbone: Backbone, trainer: pl.Trainer) -> None:
    """Freeze and thaw stages as the epoch of a training wants it.

    Raises:
        ValueError: If a stage thaws later with a strategy that does not expect it.
    """
    strategy = trainer.strategy
    # DistributedDataParallel would wait for gradients of what is frozen, and share none of what it has not known
    finds = isinstance(strategy, DDPStrategy) and ddp_options(strategy).get("find_unused_parameters")
    if freezing.thaws and not isinstance(strategy, SingleDeviceStrategy) and not finds:
        raise ValueError(
            "model.freezing got stages that thaw later with another strategy for several devices than DDP that "
            "finds unused parameters; set trainer.strategy to ddp_find_unused_parameters_true"
        )
    freezing.apply(backbone, trainer.current_epoch)
