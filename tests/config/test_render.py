from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from segcli.config.compose import compose
from segcli.config.library import installed
from segcli.config.node import Source, from_plain
from segcli.config.render import flat, one_line, render, same

TEXT = """
data: {class_path: ShapesDataModule, train_transforms: [{class_path: HorizontalFlip, p: 0.3}, VerticalFlip]}
vars: {lr: 2e-3}
model: {decoder: UNet, optimizer: {lr: "${vars.lr}"}}
trainer: {max_epochs: 3}
"""


def test_components_are_written_flat_and_compose_to_the_same(write: Callable[[str, str], Path]) -> None:
    experiment = compose([write("x.yaml", TEXT)])
    text = render(flat(experiment.root, installed().root))
    assert "init_args" not in text
    assert yaml.safe_load(text)["model"]["decoder"] == "UNet"
    assert compose([write("y.yaml", text)]).plain() == experiment.plain()


def test_each_value_has_its_source_beside_it_and_lists_of_values_stay_in_a_line(
    write: Callable[[str, str], Path],
) -> None:
    text = render(flat(compose([write("x.yaml", TEXT)], ["--seed_everything", "7"]).root, installed().root), True)
    lines = {line.partition(":")[0].strip(" -"): line for line in text.splitlines() if "#" in line}
    assert lines["seed_everything"].endswith("# --seed_everything")
    assert lines["lr"].endswith("# x.yaml:4, ${vars.lr}")
    assert lines["max_epochs"].endswith("# x.yaml:5")
    assert len({line.index("#") for line in lines.values()}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("UNet", "UNet"),
        ({"class_path": "FPN", "init_args": {"pyramid_channels": 64, "dropout": 0.2}}, "FPN(pyramid_channels=64)"),
        (None, "null"),
        ([1, "a"], "[1, a]"),
        ({"a": True}, "{a: true}"),
    ],
)
def test_a_value_in_one_line_leaves_defaults_out(value: object, text: str) -> None:
    place = installed().root.child("model").child("decoder")
    assert one_line(from_plain(value, Source("x")), place) == text


def test_a_missing_value_is_said_so() -> None:
    assert one_line(None, installed().root) == "not set"


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [(1, 1.0, True), (1, True, False), ([1, 2], (1, 2), True), ({"a": [1]}, {"a": [1.0]}, True), ("1", 1, False)],
)
def test_values_are_compared_by_meaning(a: object, b: object, equal: bool) -> None:
    assert same(a, b) is equal
