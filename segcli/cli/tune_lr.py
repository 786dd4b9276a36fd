"""A range test of learning rates (Smith, 2015), https://arxiv.org/abs/1506.01186, by Lightning's finder.

Lightning gives every group of parameters the same rate; here each keeps its ratio to the experiment's. Its suggestion
is the steepest slope over the rate itself, where noise among the lowest rates wins; here over the rate's logarithm.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.tuner.tuning import Tuner
from torch.optim import Optimizer

from segcli.cli.instantiate import instantiate
from segcli.cli.job import Job, call_trainer
from segcli.cli.lr_picture import draw, write
from segcli.config.errors import ConfigError, Problem

PICTURE = "lr.png"
SKIPPED_STEPS = 10
"""Steps at the start whose smoothed loss says more of single batches than of the learning rate."""
LEAST_FALL = 1e-6
"""Share of the loss by which it falls per e-fold of the learning rate; less is rounding."""
LARGEST_RISE = 4.0
"""The test ends where the loss is so many times its lowest."""


def tune_lr(job: Job, min_lr: float, max_lr: float, steps: int) -> dict[str, Any]:
    """Run the test, print what is suggested and draw the losses.

    Returns:
        What is to be recorded.

    Raises:
        ConfigError: If the experiment cannot be trained, or nothing can be suggested.
    """
    job.cli.config.trainer.max_steps = steps
    instantiate(job, [], load_weights=True)
    found: dict[str, list[float]] = {}

    def find(job: Job) -> None:
        with _ratios_kept(job.cli.model):
            finder = Tuner(job.cli.trainer).lr_find(
                job.cli.model,
                datamodule=job.cli.datamodule,
                min_lr=min_lr,
                max_lr=max_lr,
                num_training=steps,
                early_stop_threshold=LARGEST_RISE,
                update_attr=False,
            )
        found.update(finder.results if finder is not None else {})

    call_trainer(job, find)
    lrs, losses = found.get("lr", []), found.get("loss", [])
    lrs = lrs[: len(losses)]
    index = steepest(lrs, losses)
    if index is None:
        raise ConfigError([Problem(f"the loss did not fall at any learning rate from {min_lr:g} to {max_lr:g}")])
    lr = float(f"{lrs[index]:.2g}")
    if job.cli.trainer.is_global_zero:
        write(draw(lrs, losses, index, f"loss over learning rate, {len(lrs)} steps"), job.folder.path / PICTURE)
        print(f"learning rate {lr:g}: there the loss falls fastest; as the top of a schedule with warm-up")
        print(f"to use      --model.optimizer.lr {lr:g}")
        print(f"or in YAML  model: {{optimizer: {{lr: {lr:g}}}}}")
    return {"lr": lr, "lrs": lrs, "losses": losses}


def steepest(lrs: Sequence[float], losses: Sequence[float], skip: int = SKIPPED_STEPS) -> int | None:
    """Return where the loss falls fastest per factor of the learning rate; None if it falls nowhere.

    Args:
        lrs: Rising, above 0.
        losses: Smoothed losses, as many; what is not finite is left out.
        skip: Positions at the start to leave out.
    """
    kept = [i for i in range(skip, len(lrs)) if math.isfinite(losses[i])]
    if len(kept) < 3:
        return None
    slopes = np.gradient([losses[i] for i in kept], np.log([lrs[i] for i in kept]))
    best = int(np.argmin(slopes))
    return kept[best] if slopes[best] < -LEAST_FALL * abs(losses[kept[0]]) else None


@contextmanager
def _ratios_kept(model: pl.LightningModule) -> Iterator[None]:
    """Let every group of the optimizer step with its share of the rate that the finder sets."""
    configure = model.configure_optimizers

    def configure_with_ratios() -> Optimizer:
        optimizer = configure()
        assert isinstance(optimizer, Optimizer)  # there is no schedule
        keep_ratios(optimizer)
        return optimizer

    model.configure_optimizers = configure_with_ratios  # type: ignore[method-assign]
    try:
        yield
    finally:
        del model.configure_optimizers


def keep_ratios(optimizer: Optimizer) -> None:
    """Multiply the rate of each group, for the time of a step, by its ratio to the optimizer's own.

    Raises:
        ValueError: If the optimizer chooses its own rate.
    """
    base = optimizer.defaults.get("lr")
    if base is None:
        raise ValueError(
            f"tune lr got {type(optimizer).__name__} with lr null, which chooses its own learning rate, expected a "
            "number; there is nothing to find."
        )
    ratios = [float(group["lr"]) / float(base) for group in optimizer.param_groups]
    shared: list[float] = []

    def before(*_: object) -> None:
        shared[:] = [group["lr"] for group in optimizer.param_groups]
        for group, lr, ratio in zip(optimizer.param_groups, shared, ratios, strict=True):
            group["lr"] = lr * ratio

    def after(*_: object) -> None:
        for group, lr in zip(optimizer.param_groups, shared, strict=True):
            group["lr"] = lr

    optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(after)
