from collections.abc import Callable

import pytest
from jsonargparse import Namespace

from segcli.config.component import (
    CLASS_IN_MESSAGE,
    arguments_of,
    class_key,
    component,
    component_key,
    component_of,
    flat_key,
    flat_path,
    has_arguments,
    is_of_class,
    is_path_of_class,
    leads_to_arguments,
    with_arguments,
    within,
)

WHOLE = {"class_path": "a.B", "init_args": {"depth": 3}}


@pytest.mark.parametrize("kind", [dict, lambda values: Namespace(**values)])
def test_a_component_has_a_class_and_arguments(kind: Callable[[object], object]) -> None:
    found = component_of(kind(WHOLE))
    assert found is not None
    assert (found.name, dict(found.arguments), found.has_arguments) == ("a.B", {"depth": 3}, True)


@pytest.mark.parametrize("arguments", [{}, {"init_args": None}, {"init_args": {}}])
def test_without_arguments_there_are_none(arguments: dict[str, object]) -> None:
    value = {"class_path": "a.B", **arguments}
    found = component_of(value)
    assert found is not None
    assert found.arguments == arguments_of(value) == {}
    assert found.has_arguments is has_arguments(value) is bool(arguments)


@pytest.mark.parametrize("value", [None, 3, "class_path", [], {}, {"depth": 3}, Namespace(depth=3)])
def test_other_values_are_none(value: object) -> None:
    assert component_of(value) is None
    assert arguments_of(value) == {}


def test_arguments_may_wait_for_their_class() -> None:
    assert component_of({"init_args": {"depth": 3}}) is None
    assert arguments_of({"init_args": {"depth": 3}}) == {"depth": 3}


def test_arguments_of_a_namespace_can_be_set() -> None:
    whole = Namespace(class_path="a.B", init_args=Namespace(depth=3))
    arguments_of(whole)["depth"] = 4
    assert whole.init_args.depth == 4


def test_it_is_written_as_jsonargparse_reads_it() -> None:
    assert component("a.B", {"depth": 3}) == WHOLE
    assert component("a.B") == {"class_path": "a.B"}
    assert with_arguments(WHOLE, {"depth": 4}) == {"class_path": "a.B", "init_args": {"depth": 4}}


def test_keys_and_paths_of_users_leave_its_parts_out() -> None:
    assert class_key("model.decoder") == "model.decoder.class_path"
    assert component_key("model.decoder.class_path") == "model.decoder"
    assert is_of_class("model.decoder.class_path")
    assert is_of_class("class_path")
    assert not is_of_class("model.subclass_path")
    assert flat_key("data.init_args.root") == "data.root"
    assert flat_path(("data", "init_args", "root")) == ("data", "root")
    assert within(("data",)) == ("data", "init_args")
    assert leads_to_arguments(("data", "init_args"))
    assert is_path_of_class(("data", "class_path"))
    assert not leads_to_arguments(())


def test_the_class_is_found_in_what_jsonargparse_says() -> None:
    text = "Problem with given class_path 'a.B': ... Namespace(class_path='a.C', init_args=...) {'class_path': 'a.D'}"
    assert CLASS_IN_MESSAGE.findall(text) == ["a.C", "a.D"]
