from argparse import ArgumentError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.experiment.errors.parser import all_from_parser, from_parser
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet


def test_the_parser_s_message_is_cut_to_key_reason_and_line(tiny: Path) -> None:
    text = (
        'Parser key "model.decoder":\n  Type <class \'X\'> expects a function: Parser key "width":\n'
        "    Does not validate against any of the Union subtypes\n    Subtypes: [int, NoneType]\n    Errors:\n"
        "      - Expected a <class 'int'>\n      - Expected a <class 'NoneType'>\n    Given value: abc"
    )
    message = str(from_parser(TypeError(text), compose([tiny])))
    assert message.startswith("error: model.decoder.width: expected int\n  --> ")
    assert "tiny.yaml:12" in message


@pytest.fixture(scope="module")
def parse() -> Callable[[Any], object]:
    quiet()
    return SegmentationCLI().parse


def _all(parse: Callable[[Any], object], file: Path, *overrides: str) -> list[tuple[str, str]]:
    experiment = compose([file], overrides, checked=False)
    with pytest.raises(ArgumentError) as caught:
        parse(experiment.expanded())
    problems = all_from_parser(caught.value, experiment, parse).problems
    return [(problem.key, problem.message) for problem in problems]


def test_every_error_of_the_parser_is_reported(tiny: Path, parse: Callable[[Any], object]) -> None:
    words = ["--trainer.profiler={a: 1}", "--model.value_range=[1]", "--model.decoder.dropout=high"]
    found = dict(_all(parse, tiny, *words, "--model.loss=[1]"))
    assert found["model.decoder.dropout"] == "expected float, got high"
    assert found["model.loss"] == "expected Loss or Criterion, got [1]"
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

    problems = all_from_parser(ArgumentError(None, "something new"), compose([tiny]), parse).problems
    assert [(problem.key, problem.message) for problem in problems] == [("", "something new")]
