from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import NamedTuple

import pytest

from segcli import registry
from segcli.config.catalogue import LISTED, describe, matches, names_of, timm_models
from segcli.config.library import installed, library_of
from segcli.registry import FAMILIES

Write = Callable[[str, str], Path]


class _Distribution(NamedTuple):
    name: str


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Add an entry point of the group segcli.decoders, as an installed package would."""
    found: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda: EntryPoints(found))
    registry.forget_entry_points()
    library_of.cache_clear()

    def _add(name: str, value: str) -> None:
        entry = EntryPoint(name, value, "segcli.decoders")
        found.append(entry._for(_Distribution("other-package")))  # type: ignore[attr-defined]

    yield _add
    registry.forget_entry_points()
    library_of.cache_clear()


def test_a_component_is_described_by_its_source() -> None:
    entry = describe("FPN", "decoders")
    assert (entry.package, entry.class_path) == ("segcli", "segcli.decoders.fpn.FPN")
    assert entry.summary.startswith("Add the deepest levels")
    assert "features" not in [argument.name for argument in entry.arguments]
    dropout = next(argument for argument in entry.arguments if argument.name == "dropout")
    assert (dropout.type, dropout.default, dropout.required) == ("float", 0.2, False)
    assert dropout.description.startswith("Share of output channels")


@pytest.mark.parametrize("family", [family for family in LISTED if family != "experiments"])
def test_every_name_can_be_described(family: str) -> None:
    entries = [describe(name, family) for name in names_of(family)]
    assert entries or family == "readers"  # which packages bring alone
    assert [entry.name for entry in entries if not entry.summary] in ([], ["SpikeDetection"])  # has no docstring
    assert not [entry.name for entry in entries if "error" in entry.facts]


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_name_can_stand_in_an_experiment(family: str) -> None:
    for name in names_of(family):
        assert describe(name, family).class_path == installed().class_path(name, FAMILIES[family])


def test_of_a_package_only_components_are_members() -> None:
    names = names_of("transforms")
    assert {"RandomScaledCrop", "HorizontalFlip", "OneOf", "Normalize"} <= set(names)
    assert not {"BasicTransform", "BaseCrop", "BlurInitSchema", "BboxParams", "CropSizeError"} & set(names)
    assert describe("HorizontalFlip", "transforms").package == "albumentations"


def test_a_plug_in_is_listed_with_its_package(
    plug_in: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'class Mine:\n    """Decode.\n    """\n    def __init__(self, features, width: int = 3) -> None: ...\n'
    (tmp_path / "plug_in_parts.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    plug_in("Mine", "plug_in_parts:Mine")
    assert names_of("decoders")[-1] == "Mine"
    entry = describe("Mine", "decoders")
    assert (entry.summary, entry.package, entry.class_path) == ("Decode.", "other-package", "plug_in_parts.Mine")
    assert [(argument.name, argument.default) for argument in entry.arguments] == [("width", 3)]


def test_a_plug_in_without_source_is_listed_with_a_note(plug_in: Callable[[str, str], None]) -> None:
    plug_in("Gone", "no_such_module:Gone")
    assert describe("Gone", "decoders").facts == {"error": "the source of no_such_module.Gone cannot be read"}


def test_a_name_that_two_packages_claim_is_listed_with_both(plug_in: Callable[[str, str], None]) -> None:
    plug_in("FPN", "other:FPN")
    assert "FPN" in names_of("decoders")
    entry = describe("FPN", "decoders")
    assert entry.package == "segcli, other-package"
    assert "'FPN' is claimed by segcli" in entry.facts["error"]


def test_an_experiment_tells_what_it_is_made_of(write: Write) -> None:
    write(
        "a.yaml",
        """
        # Shapes with a U-Net. More words
        # that are not the first sentence.
        data: ShapesDataModule
        model: {decoder: UNet, backbone: {name: resnet18}}
        """,
    )
    assert names_of("experiments") == ["a.yaml"]
    entry = describe("a.yaml", "experiments")
    assert entry.summary == "Shapes with a U-Net."
    assert entry.facts == {"data": "ShapesDataModule", "backbone": "TimmBackbone resnet18", "decoder": "UNet"}


def test_an_experiment_that_does_not_compose_has_its_first_error(write: Write) -> None:
    write("a.yaml", "# Wrong.\nmodel: {decoder: FPM}\n")
    entry = describe("a.yaml", "experiments")
    assert entry.summary == "Wrong."
    assert "unknown name 'FPM'" in entry.facts["error"]
    assert "\n" not in entry.facts["error"]


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("UNet", "net", True),
        ("UNet", "FPN", False),
        ("UNet", "u*", True),
        ("UNet", "n*", False),
        ("UNet", "une?", True),
        ("UNet", "[f-v]net", True),
        ("UNet", "", True),
    ],
)
def test_patterns(name: str, pattern: str, expected: bool) -> None:
    assert matches(name, pattern) is expected


def test_timm_models_match_by_name_or_tag() -> None:
    by_name = {entry.name: entry.facts["tags"] for entry in timm_models("resnet50")}
    assert "a1_in1k" in by_name["resnet50"]
    by_tag = {entry.name: entry.facts["tags"] for entry in timm_models("resnet50.a1*")}
    assert list(by_tag) == ["resnet50"]
    assert set(by_tag["resnet50"]) == {tag for tag in by_name["resnet50"] if tag.startswith("a1")}
