from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.config.loader import load_text
from segcli.sweeps.cell import Cell, Typed
from segcli.sweeps.dimension import Choices, read_dimension
from segcli.sweeps.grid import parse_variations
from segcli.sweeps.plan import Plan, as_typed, choices_of, plan_search
from segcli.sweeps.space import read_space

LR = "  model.optimizer.lr: {low: 1e-5, high: 1e-2, log: true}\n"


def _plan(experiment: Path, space: str, *words: str) -> Plan:
    Path("space.yaml").write_text(space)
    return plan_search(Typed((experiment,), words), read_space(Path("space.yaml")))


def test_what_is_left_out_comes_from_the_experiment(experiment: Path) -> None:
    plan = _plan(experiment, f"space:\n{LR}  model.decoder: {{choices: [UNet]}}\n")
    assert (plan.objective.metric, plan.objective.direction) == ("val/mIoU", "maximize")
    assert (plan.storage, plan.study) == ("sqlite:///runs/exp/search.db", "exp")
    assert choices_of(plan.space) == {"model.decoder": ["UNet"]}
    assert plan.fixed["trainer.max_epochs"] == 3
    assert not [key for key in plan.fixed if key.startswith(("model.decoder", "model.optimizer.lr"))]
    assert plan.lines() == [
        "metric              val/mIoU, maximize",
        "trials              20",
        "sampler             TPESampler, {seed: 0}",
        "pruner              none",
        "study               exp in sqlite:///runs/exp/search.db",
        "model.optimizer.lr  1e-05 .. 0.01, log",
        "model.decoder       UNet",
    ]


def test_a_metric_of_ones_own_needs_a_direction(experiment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own_logs.py").write_text("from pytorch_lightning import Callback\n\n\nclass Own(Callback):\n    pass\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    own = ("--trainer.callbacks+", "own_logs.Own")
    with pytest.raises(ConfigError, match="direction: is needed for val/own"):
        _plan(experiment, f"metric: val/own\nspace:\n{LR}", *own)
    assert not _plan(experiment, f"metric: val/own\ndirection: minimize\nspace:\n{LR}", *own).objective.maximize


def test_the_direction_follows_the_metric(experiment: Path) -> None:
    assert not _plan(experiment, f"metric: val/loss\nspace:\n{LR}").objective.maximize
    assert not _plan(experiment, f"space:\n{LR}", "--checkpoint.monitor", "val/loss").objective.maximize
    assert _plan(experiment, f"metric: val/IoU/car\nspace:\n{LR}").objective.maximize
    with pytest.raises(ConfigError, match=r"got minimize, but maximize is the direction of val/mIoU"):
        _plan(experiment, f"direction: minimize\nspace:\n{LR}")
    with pytest.raises(ConfigError, match="metric: a search needs metric"):
        _plan(experiment, f"space:\n{LR}", "--checkpoint.monitor", "null", "--checkpoint.save_top_k", "-1")


def test_every_end_and_choice_is_checked_before_the_search(experiment: Path) -> None:
    text = f"space:\n{LR}  model.decoder: {{choices: [FPN, UNetz]}}\n  trainer.max_epochs: {{low: 1.5, high: 3.5}}\n"
    with pytest.raises(ConfigError) as caught:
        _plan(experiment, text)
    found = {problem.key: problem.source and problem.source.line for problem in caught.value.problems}
    assert found == {"model.decoder": 3, "trainer.max_epochs": 4}


def test_a_key_that_changes_nothing_is_refused(experiment: Path) -> None:
    with pytest.raises(ConfigError, match=r"space.data.num_workers: changes nothing of what is trained"):
        _plan(experiment, "space: {data.num_workers: {choices: [0, 1]}}")


@pytest.mark.parametrize(
    ("key", "written", "texts"),
    [
        ("run.name", "[001, 77950e8, 1, null, '#3']", ("'001'", "'77950e8'", "1", "null", "'#3'")),
        ("model.optimizer.lr", "[1e-3, 1e-4]", ("0.001", "0.0001")),
        ("seed_everything", "[007, 8]", ("7", "8")),
    ],
)
def test_the_text_is_the_value_where_a_key_takes_texts(
    experiment: Path, key: str, written: str, texts: tuple[str, ...]
) -> None:
    dimension = read_dimension(key, load_text(f"{{choices: {written}}}", "space.yaml"))
    assert as_typed(Typed((experiment,)), key, dimension) == Choices(texts)


@pytest.mark.parametrize("text", ["001", "77950e8", "1e3", "'#3'", "on"])
def test_so_it_is_after_vary(experiment: Path, text: str) -> None:
    ((name,),) = parse_variations([f"run.name={text}"]).values()
    assert Cell.of(Typed((experiment,)), (("run.name", name),)).parent == Path("runs", text.strip("'"))


def test_a_misspelt_metric_is_told_before_the_search(experiment: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _plan(experiment, f"metric: val/mIuO\ndirection: maximize\nspace:\n{LR}")
    assert "metric: got 'val/mIuO', which is not logged (did you mean 'val/mIoU'?)" in str(caught.value)
    assert "--> space.yaml:1" in str(caught.value)
    with pytest.raises(ConfigError, match="did you mean 'val/mIoU'"):
        Cell.of(Typed((experiment,)), (("checkpoint.monitor", "val/mIuO"),))
