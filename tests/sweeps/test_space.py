from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.sweeps.dimension import Choices, Range
from segcli.sweeps.space import Component, read_space

WHOLE = """
metric: val/loss
direction: minimize
trials: 7
sampler: RandomSampler
pruner: {class_path: MedianPruner, n_warmup_steps: 2}
storage: sqlite:///a.db
study: mine
space:
  model.init_args.optimizer.lr: {low: 1e-5, high: 1e-2}
  model.decoder: {choices: [FPN, UNet]}
"""


def _write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "space.yaml").write_text(text)
    return tmp_path / "space.yaml"


def test_every_key_is_read(tmp_path: Path) -> None:
    space = read_space(_write(tmp_path, WHOLE))
    assert space.dimensions == {"model.optimizer.lr": Range(1e-5, 1e-2), "model.decoder": Choices(("FPN", "UNet"))}
    assert (space.metric, space.direction, space.trials) == ("val/loss", "minimize", 7)
    assert (space.storage, space.study) == ("sqlite:///a.db", "mine")
    assert space.sampler == Component("RandomSampler", {}, space.sources["sampler"])
    assert space.pruner is not None
    assert (space.pruner.name, dict(space.pruner.arguments)) == ("MedianPruner", {"n_warmup_steps": 2})
    assert space.sources["model.decoder"].line == 11


def test_all_but_the_space_may_be_left_out(tmp_path: Path) -> None:
    space = read_space(_write(tmp_path, "space: {seed_everything: {low: 0, high: 9}}"))
    assert (space.metric, space.direction, space.trials, space.sampler, space.pruner) == (None, None, 20, None, None)


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = WHOLE.replace("trials: 7", "trails: 7").replace("minimize", "minimise").replace("val/loss", "3")
    text = text.replace("RandomSampler", "{class: x}").replace("low:", "lower:").replace("choices", "choice")
    with pytest.raises(ConfigError) as caught:
        read_space(_write(tmp_path, text))
    found = {problem.key: problem for problem in caught.value.problems}
    lines = {key: problem.source.line for key, problem in found.items() if problem.source is not None}
    assert lines == {
        "trails": 4,
        "metric": 2,
        "sampler": 5,
        "direction": 3,
        "space.model.init_args.optimizer.lr.lower": 10,
        "space.model.decoder.choice": 11,
    }
    assert "did you mean 'trials'" in found["trails"].message
    assert "did you mean 'minimize'" in found["direction"].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trials: 5", "space: expected what to search"),
        ("space: []", "space: expected what to search"),
        ("space: {a.b: {choices: [1]}, a.init_args.b: {choices: [2]}}", "names a key twice"),
        ("space: {a: {choices: [1]}}\ntrials: 0", "trials: got 0, expected a whole number of at least 1"),
        ("space: {a: {choices: [1]}}\nsampler: {class_path: A, init_args: {}, n: 1}", "sampler: got {class_path: A"),
        ("space: {a: {choices: [1]}}\nspace: 1", "key stands twice"),
    ],
)
def test_what_is_missing_or_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_space(_write(tmp_path, text))
    assert message in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file"):
        read_space(tmp_path / "none.yaml")
