"""What makes a component usable from an experiment: its constructor can be read, its docstring is the manual."""

import importlib
import inspect
import re
from typing import get_type_hints

import pytest

from segcli.registry import FAMILIES, names

COMPONENTS = {
    f"{family}.{name}": (family, path)
    for family in (
        "backbones",
        "decoders",
        "losses",
        "metrics",
        "optimizers",
        "schedules",
        "parameter_groups",
        "freezing",
    )
    for name, path in names(family).items()
}
PLAIN = (type(None), bool, int, float, str, tuple)


@pytest.fixture(params=COMPONENTS)
def component(request: pytest.FixtureRequest) -> type:
    module, _, name = COMPONENTS[request.param][1].partition(":")
    return getattr(importlib.import_module(module), name)


def arguments(cls: type) -> list[inspect.Parameter]:
    return list(inspect.signature(cls).parameters.values())


def test_has_its_own_constructor_whose_arguments_are_named_and_typed(component: type) -> None:
    assert "__init__" in vars(component)
    hints = get_type_hints(component.__init__)
    for argument in arguments(component):
        assert argument.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert argument.name in hints


def test_defaults_are_plain_values(component: type) -> None:
    for argument in arguments(component):
        if argument.default is not inspect.Parameter.empty:
            assert type(argument.default) in PLAIN, argument.name


def test_docstring_describes_every_argument_and_no_other(component: type) -> None:
    _, _, described = inspect.cleandoc(component.__doc__ or "").partition("Args:\n")
    found = re.findall(r"^    (\w+): \S", described.partition("\n\n")[0], flags=re.MULTILINE)

    assert found == [argument.name for argument in arguments(component)]


@pytest.mark.parametrize("key", COMPONENTS)
def test_injected_arguments_come_first_and_have_no_default(key: str) -> None:
    family, path = COMPONENTS[key]
    module, _, name = path.partition(":")
    cls = getattr(importlib.import_module(module), name)
    injected = FAMILIES[family].injected

    taken = [argument.name for argument in arguments(cls) if argument.name in injected]
    first = arguments(cls)[: len(taken)]

    assert taken[:1] == list(injected[:1])  # what follows it may be left out
    assert [argument.name for argument in first] == taken
    assert all(argument.default is inspect.Parameter.empty for argument in first)


@pytest.mark.parametrize("key", COMPONENTS)
def test_lives_in_a_file_of_its_name(key: str) -> None:
    module, _, name = COMPONENTS[key][1].partition(":")

    assert module.rpartition(".")[2].replace("_", "") == name.lower()
