"""Samplers and pruners of Optuna by the names that a search gives them."""

import importlib
import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler

from segcli.config.errors import ConfigError, Problem, did_you_mean, in_a_line
from segcli.sweeps.dimension import Choices, Range
from segcli.sweeps.space import Component

_SEED = "seed"
_ONE_SEED = ("GridSampler", "QMCSampler")
"""Samplers whose trials are one sequence that the seed gives."""
_T = TypeVar("_T")


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Leave out Optuna's lines per trial and its warnings, such as those of what is experimental."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"optuna\b|segcli\.sweeps")
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def distribution(dimension: Choices | Range) -> BaseDistribution:
    """Return a dimension as Optuna has it; choices are YAML texts, since it takes neither lists nor mappings."""
    if isinstance(dimension, Choices):
        return CategoricalDistribution(dimension.texts)
    if not dimension.whole:
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
    return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log, step=int(dimension.step or 1))


def sampler(component: Component | None, done: int) -> BaseSampler:
    """Build the sampler of one trial.

    It is built anew for each, seeded by how many came before: so a search that was killed proposes what it would have
    proposed undisturbed, and not its first trials again.

    Args:
        component: As written; None for TPE (Bergstra et al., 2011) with seed 0.
        done: Trials that came before.

    Raises:
        ConfigError: If there is no such class, or it does not take the arguments.
    """
    component = component or Component("TPESampler", {_SEED: 0})
    seed = component.arguments.get(_SEED)
    arguments = dict(component.arguments)
    if isinstance(seed, int) and component.name.rpartition(".")[2] not in _ONE_SEED:
        arguments[_SEED] = seed + done
    return _build("sampler", component, arguments, BaseSampler, optuna.samplers)  # type: ignore[type-abstract]  # to test what is a subclass


def pruner(component: Component | None) -> BasePruner:
    """Build the pruner; without one, no trial is ended early.

    Raises:
        ConfigError: If there is no such class, or it does not take the arguments.
    """
    if component is None:
        return NopPruner()
    return _build("pruner", component, dict(component.arguments), BasePruner, optuna.pruners)  # type: ignore[type-abstract]  # likewise


def _build(key: str, component: Component, arguments: dict[str, Any], base: type[_T], module: ModuleType) -> _T:
    cls = _find(key, component, base, module)
    parameters = inspect.signature(cls).parameters
    is_open = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    unknown = [name for name in arguments if name not in parameters and not is_open]
    if unknown:
        problems = [
            Problem(
                f"{cls.__name__} has no option {name!r}{did_you_mean(name, parameters)}",
                f"{key}.{name}",
                component.source,
                options=tuple(parameters),
            )
            for name in unknown
        ]
        raise ConfigError(problems)
    try:
        return cls(**arguments)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError([Problem(f"{cls.__name__}: {in_a_line(error)}", key, component.source)]) from None


def _find(key: str, component: Component, base: type[_T], module: ModuleType) -> type[_T]:
    where, _, name = component.name.rpartition(".")
    try:
        home = importlib.import_module(where) if where else module
    except ImportError as error:
        raise ConfigError([Problem(f"cannot import {where}: {in_a_line(error)}", key, component.source)]) from None
    found = getattr(home, name, None)
    if isinstance(found, type) and issubclass(found, base) and found is not base:
        return found
    members = (getattr(home, other, None) for other in dir(home))
    options = [cls.__name__ for cls in members if isinstance(cls, type) and issubclass(cls, base) and cls is not base]
    message = f"no {key} {component.name!r}{did_you_mean(name, options)}"
    raise ConfigError([Problem(message, key, component.source, options=tuple(options))])
