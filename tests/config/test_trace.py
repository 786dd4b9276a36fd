from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.trace import Trace, trace


@pytest.fixture
def follow(write: Callable[[str, str], Path]) -> Callable[..., Trace]:
    write("base.yaml", "data: {class_path: ShapesDataModule, batch_size: 4}\nvars: {n: 3}\ntrainer: {precision: 32}\n")
    file = write(
        "x.yaml",
        """
        extends: base.yaml
        data: {batch_size: 6}
        model: {decoder: UNet}
        trainer: {max_epochs: "${vars.n}", precision: !del }
        """,
    )
    return lambda key, *words: trace(compose([file], words), key)


def said(found: Trace) -> list[tuple[str, str]]:
    return [(step.value, step.source) for step in found.steps]


def test_a_chain_goes_from_the_flag_through_files_to_the_default_in_code(follow: Callable[..., Trace]) -> None:
    steps = said(follow("data.batch_size", "--data.batch_size", "9"))
    assert steps[:3] == [("9", "--data.batch_size"), ("6", "x.yaml:3"), ("4", "base.yaml:1")]
    assert steps[3][1].startswith("default of ShapesDataModule, ")


def test_init_args_may_stand_in_the_key(follow: Callable[..., Trace]) -> None:
    assert said(follow("data.init_args.batch_size"))[0] == ("6", "x.yaml:3")


def test_an_interpolation_shows_what_it_refers_to(follow: Callable[..., Trace]) -> None:
    found = follow("trainer.max_epochs", "--vars.n", "5")
    assert found.value == 5
    assert found.steps[0].text == "${vars.n}"
    assert said(found.parts[0]) == [("5", "--vars.n"), ("3", "base.yaml:2")]


def test_a_class_shows_its_switch_and_what_is_in_it(follow: Callable[..., Trace]) -> None:
    found = follow("model.decoder")
    assert [value for value, _ in said(found)] == ["UNet", "FPN"]
    assert [part.key for part in found.parts] == ["model.decoder.channels"]


def test_a_removed_key_tells_who_removed_it(follow: Callable[..., Trace]) -> None:
    steps = said(follow("trainer.precision"))
    assert steps[1:] == [("removed", "x.yaml:5"), ("32", "base.yaml:3")]
    assert steps[0][1].startswith("default of Trainer, ")


def test_a_removed_key_that_is_set_again_keeps_its_story(follow: Callable[..., Trace]) -> None:
    steps = said(follow("trainer.precision", "--trainer.precision", "16", "--trainer.precision", "64"))
    assert steps == [("64", "--trainer.precision"), ("removed", "x.yaml:5"), ("32", "base.yaml:3")]


def test_what_nobody_sets_comes_from_the_code(follow: Callable[..., Trace]) -> None:
    (step,) = said(follow("trainer.accumulate_grad_batches"))
    assert step[0] == "1"
    assert step[1].startswith("default of Trainer, pytorch_lightning/trainer/trainer.py:")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("modle.decoder", r"no key 'modle' \(did you mean 'model'\?\)"),
        ("model.decoder.chanels", r"model.decoder has no 'chanels' \(did you mean 'channels'\?\)"),
        ("batch_size", r"no key 'batch_size' \(did you mean 'data.batch_size'\?\)"),
        ("loss.class_weights", r"\(did you mean 'model.loss.class_weights'\?\)"),
        ("data.train_transforms.0", "data.train_transforms has no '0'"),
    ],
)
def test_an_unknown_key_is_explained(follow: Callable[..., Trace], key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        follow(key)


def test_a_variable_is_a_key_as_well(follow: Callable[..., Trace]) -> None:
    assert said(follow("vars.n", "--vars.n", "5")) == [("5", "--vars.n"), ("3", "base.yaml:2")]


def test_what_is_in_a_section_goes_down_to_the_defaults_too(follow: Callable[..., Trace]) -> None:
    (part,) = [part for part in follow("data").parts if part.key == "data.batch_size"]
    assert part == follow("data.batch_size")
    assert said(follow("data.class_path"))[0] == ("ShapesDataModule", "base.yaml:1")


def test_all_of_it_as_plain_values(follow: Callable[..., Trace]) -> None:
    found = follow("trainer.max_epochs").as_dict()
    assert (found["value"], found["parts"][0]["key"]) == (3, "vars.n")


def test_what_is_replaced_whole_is_remembered(write: Callable[[str, str], Path]) -> None:
    write(
        "base.yaml",
        "data: {class_path: FolderDataModule, root: x, mask_values: {0: a, 1: b}}\nmodel: {optimizer: {lr: 1.0}}\n",
    )
    optimizer = "!replace {class_path: AdamW, lr: 2.0}"
    text = f"extends: base.yaml\ndata: {{mask_values: !replace {{0: c}}}}\nmodel: {{optimizer: {optimizer}}}\n"
    experiment = compose([write("y.yaml", text)])
    assert said(trace(experiment, "data.mask_values.0")) == [("c", "y.yaml:2"), ("a", "base.yaml:1")]
    assert said(trace(experiment, "model.optimizer.lr"))[:2] == [("2.0", "y.yaml:3"), ("1.0", "base.yaml:2")]
