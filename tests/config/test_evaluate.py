import os

import pytest

from segcli.config.evaluate import UnresolvedError, evaluated


def of(template: str, texts: tuple[str, ...] = (), values: dict[str, object] | None = None) -> tuple[object, list[str]]:
    known = values or {}
    return evaluated(template, template, "a.b", lambda index: texts[index], lambda key, other: known.get(key, other))


def test_references_stand_for_the_texts_in_their_holes() -> None:
    assert of("x/\x010\x02/\x011\x02", ("a", "b")) == ("x/a/b", [])


def test_variables_that_are_read_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOM", "7")
    assert of("${oc.env:ROOM}/${oc.env:HALL,2}") == ("7/2", ["ROOM", "HALL"])


def test_a_variable_that_is_not_set_is_an_error_with_its_remedy() -> None:
    assert "HALL" not in os.environ
    with pytest.raises(UnresolvedError, match=r"needs the environment variable HALL.*export HALL=\.\.\..*--a\.b VALUE"):
        of("${oc.env:HALL}")


def test_resolvers_read_the_tree() -> None:
    assert of("${oc.dict.keys:model}", values={"model": {"a": 1, "b": 2}})[0] == ["a", "b"]
    assert of("${oc.select:data,none}")[0] == "none"


def test_what_is_no_interpolation_says_so() -> None:
    with pytest.raises(UnresolvedError, match=r"is no interpolation"):
        of("${oc.env:")
