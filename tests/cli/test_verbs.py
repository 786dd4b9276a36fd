import importlib

import pytest

from segcli.cli.verbs import OTHER_NAMES, VERBS, declared, that_take, that_take_overrides


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_declared_beside_what_runs_it(name: str) -> None:
    assert declared(name).name == name
    assert callable(importlib.import_module(f"segcli.cli.{name}").run)


def test_the_takers_of_an_option_are_found() -> None:
    assert that_take("--build") == ["diff", "check"]
    assert that_take("-c") == that_take("--config")
    assert "fit" in that_take_overrides()
    assert "check" not in that_take_overrides()


def test_names_of_other_programs_stand_for_verbs_and_are_none() -> None:
    assert set(OTHER_NAMES.values()) <= set(VERBS)
    assert not set(OTHER_NAMES) & set(VERBS)
