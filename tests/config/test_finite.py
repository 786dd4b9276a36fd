import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segcli.config.check import check
from segcli.config.compose import compose
from segcli.config.errors import ConfigError, Problem
from segcli.config.finite import says_so
from segcli.config.library import SCALARS, Library, UnknownClassError, installed
from segcli.config.node import Source, from_plain
from segcli.config.signatures import Parameter
from segcli.config.types import takes_list
from segcli.registry import SECTIONS

INF = float("inf")
NUMBER = re.compile(r"\b(int|float)\b")


def _places(library: Library) -> Iterator[tuple[str, str, bool, str]]:
    """Yield a section and a key of it for every family, whether a list stands there, and the family."""
    for section, path in SECTIONS.items():
        found, parameters = library.accepted(path)
        assert found is not None
        for name, parameter in parameters.items():
            family = library.family_of(parameter.annotation)
            if family is not None:
                yield section, name, takes_list(parameter.annotation), family.name


def _problems(library: Library, tree: dict[str, object]) -> list[Problem]:
    return check(from_plain({"data": "ShapesDataModule", "model": {}, **tree}, Source("x.yaml", 1)), library)


def _numbers(library: Library, path: str, family: str | None = None) -> dict[str, object]:
    _, parameters = library.accepted(path, library.families[family] if family else None)
    return {name: INF for name, each in parameters.items() if NUMBER.search(each.annotation)}


def _told(problems: list[Problem]) -> set[str]:
    assert all(problem.source is not None for problem in problems)
    return {problem.key.rpartition(".")[2] for problem in problems if "got .inf" in problem.message}


def test_no_number_of_any_component_or_section_may_be_infinite() -> None:
    library, seen = installed(), 0
    cases: list[tuple[dict[str, object], dict[str, object]]] = []
    for section, path in SECTIONS.items():
        numbers = _numbers(library, path)
        cases.append((numbers, {section: numbers}))
    places = [*_places(library), ("data", "", False, "datamodules"), ("data", "train_transforms", True, "transforms")]
    for section, key, is_list, family in places:
        for name in library.options(library.families[family]):
            try:
                path = library.class_path(name, library.families[family])
            except UnknownClassError:
                continue
            numbers = _numbers(library, path, family)
            component: object = {"class_path": path, "init_args": numbers}
            component = [component] if is_list else component
            whole = component if not key else {key: component}
            if section == "data" and key:
                whole = {"class_path": "ShapesDataModule", "init_args": whole}
            cases.append((numbers, {section: whole}))
    for numbers, tree in cases:
        told = _told(_problems(library, tree))
        assert told >= numbers.keys(), (tree, numbers.keys() - told)
        seen += len(numbers)
    assert seen > 300


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "1e999"])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("model.optimizer.lr", "model: {{optimizer: {{lr: {}}}}}"),
        ("model.optimizer.betas.1", "model: {{optimizer: {{betas: [0.9, {}]}}}}"),
        ("data.batch_size", "data: {{class_path: ShapesDataModule, batch_size: {}}}"),
        ("trainer.gradient_clip_val", "vars: {{x: {}}}\ntrainer: {{gradient_clip_val: '${{vars.x}}'}}"),
        ("seed_everything", "seed_everything: {}"),
    ],
)
def test_a_number_that_is_not_finite_is_one_error_with_its_line(
    write: Callable[[str, str], Path], key: str, text: str, value: str
) -> None:
    base = "" if "data:" in text else "data: ShapesDataModule\n"
    with pytest.raises(ConfigError) as caught:
        compose([write("x.yaml", f"{base}{text.format(value)}")])
    (problem,) = caught.value.problems
    assert problem.key == key
    assert re.search(r"expected (a finite number|int( \| bool)?), got -?\.(inf|nan)", problem.message)
    assert problem.source is not None
    assert problem.source.where == "x.yaml"
    assert problem.source.line


def test_a_class_of_ones_own_says_what_it_takes(
    write: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    write(
        "own_parts.py",
        '''
        from pytorch_lightning import Callback
        class Clip(Callback):
            """Clip.

            Args:
                most: Largest value, or inf for no bound.
                least: Smallest value.
                free: Any other.
            """
            def __init__(self, most: float = 1, least: float = 0, free: float = -float("inf")): ...
        ''',
    )
    text = "data: ShapesDataModule\ntrainer: {{callbacks: [{{class_path: own_parts.Clip, {}: .inf}}]}}\n"
    for taken in ("most", "free"):
        compose([write("x.yaml", text.format(taken))])
    with pytest.raises(ConfigError, match=r"got \.inf, of which Clip's docstring says nothing"):
        compose([write("x.yaml", text.format("least"))])


def test_the_option_to_check_for_nan_is_no_word_for_taking_it() -> None:
    assert not says_so(Parameter("threshold", default=None), "A.\n\nArgs:\n    threshold: Stops.\n    other: inf.")
    assert SCALARS["seed_everything"].default is True
