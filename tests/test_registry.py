import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import NamedTuple

import pytest

from segcli import registry
from segcli.config.library import installed


class _Distribution(NamedTuple):
    name: str


def _entry(name: str, value: str, package: str) -> EntryPoint:
    entry = EntryPoint(name, value, "segcli.decoders")
    return entry._for(_Distribution(package))  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """Entry points of the group segcli.decoders, as installed packages would have them."""
    found: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda: EntryPoints(found))
    registry.forget_entry_points()
    yield found
    registry.forget_entry_points()


@pytest.mark.parametrize("family", list(registry.FAMILIES))
def test_every_entry_of_the_tables_exists(family: str) -> None:
    for name, target in registry.names(family).items():
        found = installed().signature(target.replace(":", "."))
        assert found is not None, f"{name} -> {target}"
        assert found.doc


def test_an_installed_package_adds_names(entries: list[EntryPoint]) -> None:
    entries.append(_entry("Other", "other.module:Other", "other-package"))
    assert registry.names("decoders")["Other"] == "other.module:Other"
    assert registry.names("decoders")["FPN"] == "segcli.decoders.fpn:FPN"


def test_two_claims_on_one_name_leave_it_to_nobody(entries: list[EntryPoint]) -> None:
    entries.append(_entry("FPN", "other.module:FPN", "other-package"))
    assert "FPN" not in registry.names("decoders")
    assert "UNet" in registry.names("decoders")
    decoders = registry.FAMILIES["decoders"]
    claimed = r"'FPN' is claimed by segcli \(.*\) and by other-package \(other.module:FPN\)"
    assert re.search(claimed, registry.clash("FPN", decoders))
    assert registry.package_of("FPN", decoders) == "segcli, other-package"


def test_the_same_claim_twice_is_none(entries: list[EntryPoint]) -> None:
    entries += [_entry("Other", "other.module:Other", "a"), _entry("Other", "other.module:Other", "b")]
    assert "Other" in registry.names("decoders")
    assert not registry.clash("Other", registry.FAMILIES["decoders"])


def test_an_installed_package_is_found_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_as = tmp_path / "other-1.0.dist-info"
    installed_as.mkdir()
    installed_as.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    assert not list(registry.entry_points())
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not list(registry.entry_points())
    installed_as.joinpath("entry_points.txt").write_text("[segcli.decoders]\nOther = other.module:Other\n")
    assert [each.value for each in registry.entry_points() if each.group == "segcli.decoders"] == ["other.module:Other"]
