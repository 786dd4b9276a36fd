"""A range test of learning rates (Smith, 2015), https://arxiv.org/abs/1506.01186, by Lightning's finder.

Lightning gives every group of parameters the same rate; here each keeps its ratio to the experiment's. Its suggestion
is the steepest slope between neighbours, over the rate itself, where noise among the lowest rates wins; here lines are
fitted to stretches of the rate's logarithm, and only what stands out of the noise counts.
"""

import itertools
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from pytorch_lightning.tuner.tuning import Tuner
from torch.optim import Optimizer

from segcli.config.component import arguments_of
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.disk import write_bytes
from segcli.experiment.instantiate import instantiate
from segcli.experiment.job import Job, call_trainer
from segcli.experiment.tune.lr_picture import draw
from segcli.plot_style import png, style

PICTURE = "lr.png"
LEAST_POINTS, LEAST_SPAN, LARGEST_SPAN = 10, 0.5, 2.0
"""Of a stretch that a line is fitted to: losses, and decades of the learning rate."""
WIDER = 1.4
"""So many times as many losses has the next longer stretch."""
CLEAR = 5.0
"""Standard errors by which a slope must be below 0; some 3 % of tests of pure noise with 100 steps have that."""
LEAST_FALL = 1e-6
"""Share of the loss by which it falls per e-fold of the learning rate; less is rounding."""
LIGHTNING_BETA = 0.98
"""How much of its mean loss Lightning's finder keeps from step to step."""
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
    _stay_frozen(job.cli.config.model.freezing)
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
    losses = of_single_steps(found.get("loss", []))
    lrs = found.get("lr", [])[: len(losses)]
    index = steepest(lrs, losses)
    if index is None:
        raise ConfigError(
            [
                Problem(
                    f"the loss did not fall at any learning rate from {min_lr:g} to {max_lr:g} by clearly more than it "
                    "varies from step to step, so none is suggested; more --steps or a larger data.batch_size help "
                    "against the noise"
                )
            ]
        )
    lr = float(f"{lrs[index]:.2g}")
    if job.cli.trainer.is_global_zero:
        title = f"loss over learning rate, {len(lrs)} steps, mean of {LEAST_POINTS + 1}"
        with style():
            content = png(draw(lrs, running_mean(losses), index, title))
        write_bytes(job.folder.path / PICTURE, content)
        say(f"learning rate {lr:g}: there the loss falls fastest; as the top of a schedule with warm-up")
        say(f"to use      --model.optimizer.lr {lr:g}")
        say(f"or in YAML  model: {{optimizer: {{lr: {lr:g}}}}}")
    return {"lr": lr, "lrs": lrs, "losses": losses}


def of_single_steps(means: Sequence[float], beta: float = LIGHTNING_BETA) -> list[float]:
    """Return the losses of which Lightning's finder made its smoothed ones.

    After step ``t``, counted from 1, its mean ``m`` becomes ``beta m + (1 - beta) loss`` and is told as
    ``m / (1 - beta^(t + 1))``.
    Neighbours among such means are alike, so that their scatter says nothing of the noise.

    Args:
        means: What it told; all from the first that is not finite on stay so.
        beta: Of its mean.
    """
    sums = [mean * (1 - beta ** (step + 1)) for step, mean in enumerate(means, 1)]
    return [(now - beta * before) / (1 - beta) for before, now in itertools.pairwise([0.0, *sums])]


def running_mean(losses: Sequence[float]) -> list[float]:
    """Return the mean of each loss and of equally many on both sides; nan where the loss is not finite."""
    means = []
    for i, loss in enumerate(losses):
        reach = min(LEAST_POINTS // 2, i, len(losses) - 1 - i)
        near = [other for other in losses[i - reach : i + reach + 1] if math.isfinite(other)]
        means.append(sum(near) / len(near) if math.isfinite(loss) else math.nan)
    return means


def steepest(lrs: Sequence[float], losses: Sequence[float]) -> int | None:
    """Return the middle of the stretch in which the loss falls fastest per factor of the learning rate.

    That is the one whose fitted slope is steep beyond doubt: steepest after :data:`CLEAR` of its standard errors are
    taken off. Stretches that lead to no new low do not count: there the loss recovers from a rise.

    Args:
        lrs: Rising, above 0.
        losses: Of single steps, as many; what is not finite is left out.

    Returns:
        Its position; None if the loss clearly falls nowhere.
    """
    kept = [i for i in range(len(losses)) if math.isfinite(losses[i])]
    x, y = np.log([lrs[i] for i in kept]), np.array([losses[i] for i in kept])
    if len(kept) < LEAST_POINTS:
        return None
    means = np.convolve(y, np.full(LEAST_POINTS, 1 / LEAST_POINTS), "valid")
    lows = [math.inf] * LEAST_POINTS + list(np.minimum.accumulate(means))  # before each position
    best, middle = LEAST_FALL * abs(float(y[:LEAST_POINTS].mean())), None
    for first, end in _stretches(x):
        fall = _certain_fall(x[first:end], y[first:end])
        if fall > best and means[end - LEAST_POINTS] < lows[first]:
            best, middle = fall, kept[(first + end) // 2]
    return middle


def _stretches(x: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield beginnings and ends of stretches of logarithmic learning rates, short ones first."""
    width = LEAST_POINTS
    while width <= len(x):
        for first in range(len(x) - width + 1):
            decades = (x[first + width - 1] - x[first]) / math.log(10)
            if decades >= LEAST_SPAN and (decades <= LARGEST_SPAN or width == LEAST_POINTS):
                yield first, first + width
        width = math.ceil(width * WIDER)


def _certain_fall(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return by how much a least-squares line falls at least."""
    x, y = x - x.mean(), y - y.mean()
    spread = x @ x
    slope = x @ y / spread
    residuals = y - slope * x
    return float(-slope - CLEAR * np.sqrt(residuals @ residuals / (len(x) - 2) / spread))


def _stay_frozen(freezing: Any) -> None:  # noqa: ANN401  (a namespace of jsonargparse)
    """Let what is frozen at first be so for the whole test: epochs pass, which thaw stages, and change the slope."""
    arguments = arguments_of(freezing)
    if "thaw_epochs" not in arguments:
        return
    epochs = arguments["thaw_epochs"]
    never = [epoch and sys.maxsize for epoch in epochs] if isinstance(epochs, list) else epochs and sys.maxsize
    arguments["thaw_epochs"] = never


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
