from argparse import ArgumentError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.decoders.fpn import FPN
from segcli.experiment.errors import translate
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet


def test_the_parser_s_message_is_cut_to_key_reason_and_line(tiny: Path) -> None:
    text = (
        'Parser key "model.decoder":\n  Type <class \'X\'> expects a function: Parser key "width":\n'
        "    Does not validate against any of the Union subtypes\n    Subtypes: [int, NoneType]\n    Errors:\n"
        "      - Expected a <class 'int'>\n      - Expected a <class 'NoneType'>\n    Given value: abc"
    )
    message = str(translate.from_parser(TypeError(text), compose([tiny])))
    assert message.startswith("error: model.decoder.width: expected int\n  --> ")
    assert "tiny.yaml:12" in message


def test_a_loader_process_s_traceback_is_left_out(tiny: Path) -> None:
    wrapped = (
        "Caught DataError in DataLoader worker process 0.\nOriginal Traceback...\nsegcli.sample.DataError: x.png: bad"
    )
    experiment = compose([tiny])
    assert str(translate.from_data(ValueError(wrapped), experiment)) == "error: x.png: bad"
    assert str(translate.from_data(ValueError("y.png: bad"), experiment)) == "error: y.png: bad"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "x.png: set data.batch_size to 1",
            "error: x.png: set data.batch_size to 1\n  --> tiny.yaml:8",
        ),
        ("data.batch_size got 8, expected 1", "error: data.batch_size: got 8, expected 1\n  --> tiny.yaml:8"),
        ("set data.group or data.train_size", "error: set data.group or data.train_size\n  --> tiny.yaml:4"),
        ("x.png: lower --data.batch_size", "error: x.png: lower --data.batch_size"),
        ("/x/data.batch_size/y.png is bad", "error: /x/data.batch_size/y.png is bad"),
    ],
)
def test_an_error_that_names_a_key_says_where_it_was_written(tiny: Path, message: str, told: str) -> None:
    assert str(translate.from_data(ValueError(message), compose([tiny]))) == told


def test_our_errors_are_told_from_bugs_by_where_they_arise() -> None:
    with pytest.raises(ValueError, match="FPN got 0") as ours:
        FPN([])
    assert translate.is_ours(ours.value)
    with pytest.raises(ValueError, match="invalid literal") as other:
        int("x")
    assert not translate.is_ours(other.value)


def test_long_messages_become_one_line_of_bounded_length() -> None:
    assert translate.shorten("a\n\n  b  ") == "a; b"
    assert len(translate.shorten("x" * 1000)) == 400


@pytest.fixture(scope="module")
def parse() -> Callable[[Any], object]:
    quiet()
    return SegmentationCLI().parse


def _all(parse: Callable[[Any], object], file: Path, *overrides: str) -> list[tuple[str, str]]:
    experiment = compose([file], overrides, checked=False)
    with pytest.raises(ArgumentError) as caught:
        parse(experiment.expanded())
    problems = translate.all_from_parser(caught.value, experiment, parse).problems
    return [(problem.key, problem.message) for problem in problems]


def test_every_error_of_the_parser_is_reported(tiny: Path, parse: Callable[[Any], object]) -> None:
    words = ["--trainer.profiler={a: 1}", "--model.value_range=[1]", "--model.decoder.dropout=high"]
    found = dict(_all(parse, tiny, *words, "--model.loss=[1]"))
    assert found["model.decoder.dropout"] == "expected float, got high"
    assert found["model.loss"] == "Not a valid subclass of Loss, got [1]"
    assert found.keys() == {"model.decoder.dropout", "model.loss", "model.value_range", "trainer.profiler"}


def test_the_element_of_a_list_at_fault_is_told(tiny: Path, parse: Callable[[Any], object]) -> None:
    crop = "class_path: RandomScaledCrop, init_args: {size: 32, scale: [1, 2]}"
    wrong = "class_path: RandomScaledCrop, init_args: {size: [3], scale: [1, b]}"
    found = _all(parse, tiny, f"--data.train_transforms=[{{{crop}}}, {{{wrong}}}]")
    assert [key for key, _ in found] == ["data.train_transforms.1.size", "data.train_transforms.1.scale"]


def test_two_elements_wrong_in_one_way_hide_nothing_else(tiny: Path, parse: Callable[[Any], object]) -> None:
    wrong = "{class_path: EarlyStopping, init_args: {monitor: [3]}}"
    found = _all(parse, tiny, f"--trainer.callbacks=[{wrong}, {wrong}]", "--trainer.profiler={a: 1}")
    assert [key for key, _ in found] == ["trainer.callbacks.monitor", "trainer.profiler"]


def test_a_required_key_that_is_left_out_is_no_second_mistake(tiny: Path, parse: Callable[[Any], object]) -> None:
    data = "{class_path: CamVidDataModule, init_args: {root: [1], limit: many}}"
    found = _all(parse, tiny, f"--data={data}", "--model.backbone=3", "--trainer.profiler={a: 1}")
    assert {key for key, _ in found} == {"data.root", "data.limit", "model.backbone", "trainer.profiler"}


def test_a_message_without_a_key_is_passed_on(tiny: Path) -> None:
    def parse(_tree: object) -> object:
        raise ArgumentError(None, "something new")

    problems = translate.all_from_parser(ArgumentError(None, "something new"), compose([tiny]), parse).problems
    assert [(problem.key, problem.message) for problem in problems] == [("", "something new")]


def test_a_component_that_names_itself_is_where_the_mistake_is(tiny: Path) -> None:
    refused = ValueError("ShapesDataModule got image_size 8, expected 32")
    wrapped = ValueError(
        "Does not validate against any\nclass_path: 'segcli.datamodules.shapes_data_module.ShapesDataModule', "
        "init_args: {'train_transforms': [{'class_path': 'albumentations.HorizontalFlip'}]}"
    )
    wrapped.__cause__ = refused
    (problem,) = translate.from_component(wrapped, compose([tiny])).problems
    assert (problem.key, problem.message) == ("data", str(refused))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("FPN got pyramid_channels 32, expected 5", "error: model.decoder: FPN got pyramid_channels 32, expected 5"),
        ("FPN got 0 feature levels", "error: model.decoder: FPN got 0 feature levels"),
    ],
)
def test_an_error_that_begins_with_a_component_says_where_that_was_written(tiny: Path, message: str, told: str) -> None:
    assert str(translate.from_component(ValueError(message), compose([tiny]))) == f"{told}\n  --> tiny.yaml:12"
