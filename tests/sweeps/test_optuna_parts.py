import warnings

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from segcli.config.errors import ConfigError
from segcli.config.node import Source
from segcli.sweeps.dimension import Choices, Range
from segcli.sweeps.optuna_parts import distribution, pruner, quiet_optuna, sampler
from segcli.sweeps.space import Component


def test_dimensions_are_distributions() -> None:
    assert distribution(Choices(("FPN", "null"))) == CategoricalDistribution(("FPN", "null"))
    assert distribution(Range(1e-5, 1e-2, log=True)) == FloatDistribution(1e-5, 1e-2, log=True)
    assert distribution(Range(0.0, 1.0, 0.25)) == FloatDistribution(0.0, 1.0, step=0.25)
    assert distribution(Range(4, 16, 4, whole=True)) == IntDistribution(4, 16, step=4)
    assert distribution(Range(1, 64, log=True, whole=True)) == IntDistribution(1, 64, log=True)


def _first(name: str, done: int, **arguments: object) -> float:
    with quiet_optuna():
        study = optuna.create_study(sampler=sampler(Component(name, arguments), done))
        return float(study.ask({"a": FloatDistribution(0, 1)}).params["a"])


def test_a_later_trial_is_not_proposed_like_the_first() -> None:
    assert _first("RandomSampler", 0, seed=3) == _first("optuna.samplers.RandomSampler", 0, seed=3)
    assert _first("RandomSampler", 1, seed=3) != _first("RandomSampler", 0, seed=3)
    assert _first("QMCSampler", 1, seed=3, scramble=True) == _first("QMCSampler", 0, seed=3, scramble=True)


def test_without_a_name_it_is_tpe_with_a_seed_and_no_pruner() -> None:
    assert type(sampler(None, 0)).__name__ == "TPESampler"
    assert _first("TPESampler", 2, seed=0) == _first("TPESampler", 2, seed=0)
    assert type(pruner(None)).__name__ == "NopPruner"


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (Component("MedianPruna"), "pruner: no pruner 'MedianPruna' (did you mean 'MedianPruner'?)"),
        (Component("optuna.samplers.RandomSampler"), "pruner: no pruner 'optuna.samplers.RandomSampler'"),
        (Component("nowhere.Pruner"), "pruner: cannot import nowhere"),
        (Component("MedianPruner", {"n_warmup": 1}), "has no option 'n_warmup' (did you mean 'n_warmup_steps'?)"),
        (Component("MedianPruner", {"n_warmup_steps": -1}), "pruner: MedianPruner: "),
        (Component("PercentilePruner"), "pruner: PercentilePruner: "),
    ],
)
def test_mistakes_are_told_with_their_line(component: Component, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pruner(Component(component.name, component.arguments, Source("space.yaml", 3)))
    assert message in str(caught.value)
    assert "--> space.yaml:3" in str(caught.value)


def test_optuna_is_quiet_for_a_time(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    with quiet_optuna():
        warnings.warn("x", optuna.exceptions.ExperimentalWarning, stacklevel=1)
        optuna.create_study()
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""
