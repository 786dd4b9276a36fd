"""Every key is given values of the wrong type; what is told names key and line, in words and not in Python's reprs."""

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.library import Place, installed
from segcli.config.node import ComponentNode, MappingNode
from segcli.config.resolve import resolve

EXPERIMENT = """
data:
  class_path: FolderDataModule
  root: d
  mask_values: {0: a, 255: b}
  train_transforms: [{class_path: RandomScaledCrop, size: 32}]
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  freezing: {class_path: Freezing, thaw_epochs: 1}
trainer:
  max_epochs: 1
  callbacks: [{class_path: EarlyStopping, monitor: val/loss}]
  logger: {class_path: CSVLogger, save_dir: x}
"""
VALUES: tuple[object, ...] = ([1, "a"], {"a": 1}, "word", 3, -1.5, True, None, [], {"class_path": "FPN"}, [[{}]])
REPRS = re.compile(
    r"<class '|<function|<bound|object at 0x|\bNode\(|NestedModule|\bUnion\[|Optional\[|Namespace\(|ForwardRef|typing\."
    r"|NoneType|Traceback|fault of segcli"
)
SAMPLE = 70
Case = tuple[tuple[str, ...], object]


def _keys(node: MappingNode, place: Place, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every key of a composed experiment, as it is written, with the annotation of its argument."""
    inner = place.inside(place.class_path(node.name)) if isinstance(node, ComponentNode) else place
    for key, child in node.fields.items():
        yield (*at, str(key)), inner.annotation(key)
        if isinstance(child, MappingNode) and key != "mask_values":
            yield from _keys(child, inner.child(key), (*at, str(key)))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """One key of each type with each value, in an order that stays the same."""
    file = tmp_path_factory.mktemp("types") / "x.yaml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    of_type = {annotation: key for key, annotation in _keys(resolve(compose([file])), installed().root)}
    found = list(itertools.product(of_type.values(), VALUES))
    random.Random(0).shuffle(found)
    return found


def _check(key: tuple[str, ...], value: object, capsys: pytest.CaptureFixture[str]) -> None:
    for name in reversed(key):
        value = {name: value}
    Path("x.yaml").write_text(EXPERIMENT, encoding="utf-8")
    Path("wrong.yaml").write_text(yaml.safe_dump({"extends": "x.yaml", **dict(value)}), encoding="utf-8")  # type: ignore[call-overload]
    code = main(["check", "wrong.yaml"])
    out, error = capsys.readouterr()
    told = out + error
    assert not REPRS.search(told), told
    if code:
        first = re.search(r"error: (.*)\n( *--> .*)", told)
        assert first is not None, told
        assert key[-1] in first[1], told
        assert re.search(r"(wrong|x|defaults)\.yaml:\d+", first[2]), told


def test_wrong_types_are_told_in_words(
    cases: list[tuple[tuple[str, ...], object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for key, value in cases[:SAMPLE]:
        _check(key, value, capsys)


@pytest.mark.slow
def test_all_wrong_types_are_told_in_words(
    cases: list[tuple[tuple[str, ...], object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(cases) > 3 * SAMPLE
    for key, value in cases[SAMPLE:]:
        _check(key, value, capsys)
