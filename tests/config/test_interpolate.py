import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError

Composed = Callable[..., dict[str, Any]]


def test_an_override_of_the_source_reaches_every_user_of_it(composed: Composed) -> None:
    text = """
        vars: {epochs: 4}
        trainer: {max_epochs: "${vars.epochs}", max_steps: "${trainer.max_epochs}"}
    """
    trainer = composed(text, "--vars.epochs", "7")["trainer"]
    assert (trainer["max_epochs"], trainer["max_steps"]) == (7, 7)


def test_vars_are_not_passed_on(composed: Composed) -> None:
    assert "vars" not in composed('vars: {a: 1}\ntrainer: {max_steps: "${vars.a}"}')


@pytest.mark.parametrize("reference", ["${data.batch_size}", "${data.init_args.batch_size}", "${.batch_size}"])
def test_init_args_may_be_left_out(composed: Composed, reference: str) -> None:
    text = f'data: {{class_path: ShapesDataModule, batch_size: 6, val_batch_size: "{reference}"}}'
    assert composed(text)["data"]["init_args"]["val_batch_size"] == 6


def test_relative_references_climb_by_dots(composed: Composed) -> None:
    text = 'model: {optimizer: {lr: 0.5}, schedule: {class_path: Poly, power: "${..optimizer.lr}"}}'
    assert composed(text)["model"]["schedule"]["init_args"]["power"] == 0.5


def test_a_list_element_can_be_referred_to(composed: Composed) -> None:
    text = 'vars: {a: [1, 2]}\ntrainer: {max_steps: "${vars.a.1}"}'
    assert composed(text)["trainer"]["max_steps"] == 2


def test_environment_variables_are_read_as_yaml(composed: Composed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "12")
    assert composed('trainer: {max_steps: "${oc.env:STEPS}"}')["trainer"]["max_steps"] == 12


def test_a_missing_source_is_named_with_line_and_suggestion(error: Callable[..., str]) -> None:
    message = error('vars: {epochs: 3}\ndata: ShapesDataModule\ntrainer:\n  max_epochs: "${vars.epoch}"\n')
    assert "trainer.max_epochs: ${vars.epoch} refers to 'vars.epoch', which is not set" in message
    assert "did you mean 'vars.epochs'" in message
    assert "x.yaml:4" in message


def test_a_missing_environment_variable_is_named(error: Callable[..., str]) -> None:
    assert "SEGCLI_NOT_SET" in error('data: ShapesDataModule\ntrainer: {max_steps: "${oc.env:SEGCLI_NOT_SET}"}')


def test_a_circle_is_an_error(error: Callable[..., str]) -> None:
    message = error('vars: {a: "${vars.b}", b: "${vars.a}"}\ndata: ShapesDataModule')
    assert "cannot resolve" in message


@pytest.mark.parametrize("text", ["${", "${vars.x", "a ${b c}"])
def test_what_is_no_interpolation_is_named_with_its_line(error: Callable[..., str], text: str) -> None:
    message = error(f'data: ShapesDataModule\nrun:\n  name: "{text}"\n')
    assert "is no interpolation" in message
    assert "x.yaml:3" in message


def test_components_can_be_referred_to(composed: Composed) -> None:
    text = """
        vars: {opt: {class_path: AdamW, lr: 0.5}}
        data:
          class_path: ShapesDataModule
          train_transforms: [HorizontalFlip]
          val_transforms: "${.train_transforms}"
        model: {optimizer: "${vars.opt}"}
    """
    tree = composed(text)
    assert tree["model"]["optimizer"] == {"class_path": "AdamW", "init_args": {"lr": 0.5}}
    flip = {"class_path": "HorizontalFlip", "init_args": {}}
    assert tree["data"]["init_args"]["val_transforms"] == [flip]


def test_other_resolvers_see_everything(composed: Composed) -> None:
    assert composed('vars: {a: 3}\ntrainer: {max_steps: "${oc.select:vars.a}"}')["trainer"]["max_steps"] == 3


@pytest.mark.parametrize(
    ("written", "meant"), [(r"\${vars.a}", "${vars.a}"), (r"\\${vars.a}", r"\3"), (r"\\\${vars.a}", r"\${vars.a}")]
)
def test_a_backslash_takes_a_reference_literally(composed: Composed, written: str, meant: str) -> None:
    assert composed(f"vars: {{a: 3}}\nrun: {{root: '${{vars.a}}', name: '{written}'}}")["run"]["name"] == meant


def test_a_literal_reference_may_be_to_nothing(composed: Composed) -> None:
    assert composed(r"run: {name: '\${not.set}'}")["run"]["name"] == "${not.set}"


def test_a_null_key_beside_an_interpolation_is_named(error: Callable[..., str]) -> None:
    message = error('data: ShapesDataModule\nrun:\n  name: "${seed_everything}"\n  null: 3\n')
    assert "run.null: RunSettings has no option null" in message
    assert "x.yaml:4" in message


@pytest.mark.parametrize("part", ["${", "${a:", "[", "{a: "])
def test_brackets_within_brackets_end_soon(tmp_path: Path, part: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"seed_everything: '${{f:{part * 5000}'\n")
    start = time.process_time()
    with pytest.raises(ConfigError, match="has more than 20 brackets within one another"):
        compose([file], ["--data", "ShapesDataModule"])
    assert time.process_time() - start < 2
