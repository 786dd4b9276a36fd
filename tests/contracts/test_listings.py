"""What every registered listing keeps; a new one needs a line in ``CASES``."""

import importlib
import inspect
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import jsonargparse
import numpy as np
import pytest

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.cached_split import use_cache
from segcli.datasets.fingerprint import fingerprint
from segcli.datasets.listing import Listing, ListingFactory
from segcli.datasets.mask_check import MaskCheck
from segcli.registry import FAMILIES, names
from segcli.sample import DataError
from tests.datasets.tables import write_hub

CASES: dict[str, Callable[[Path], Path]] = {"HuggingFace": write_hub}
"""Write a data set with images to train, validate and test with, whose masks hold 0 and 1."""
every_class = pytest.mark.parametrize("name", sorted(names("listings")))
every_case = pytest.mark.parametrize("name", sorted(CASES))


def find(name: str) -> type[Listing]:
    module, attribute = names("listings")[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def data_of(name: str, root: Path, cache: str = "off") -> PatternDataModule:
    data = PatternDataModule(str(root), listing=find(name), classes=["ground", "cell"], cache=cache)
    for split in ("train", "val", "test", "predict"):
        data.prepare(split)
    return data


def test_every_listing_of_the_package_is_tried_below() -> None:
    assert set(CASES) == set(FAMILIES["listings"].table)


def test_the_factory_names_the_injected_arguments() -> None:
    arguments = list(inspect.signature(ListingFactory.__call__).parameters)[1:]
    assert arguments == list(FAMILIES["listings"].injected)


@every_class
def test_arguments_are_described_typed_and_plain(name: str) -> None:
    cls = find(name)
    given = list(inspect.signature(cls.__init__).parameters.values())[1:]
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", inspect.getdoc(cls) or "", re.MULTILINE | re.DOTALL)
    assert issubclass(cls, Listing)
    assert given[0].name == "root"
    assert section
    assert re.findall(r"^    (\w+): \S", section[1], re.MULTILINE) == [each.name for each in given]
    assert {each.name for each in given} <= get_type_hints(cls.__init__).keys()
    assert all(isinstance(each.default, type(None) | bool | int | float | str) for each in given[1:])


@every_class
def test_nothing_is_read_before_images_are_asked_for(name: str, tmp_path: Path) -> None:
    listing = find(name)(tmp_path / "absent")
    listing.check_settings()
    with pytest.raises(DataError, match="absent"):
        listing.images()


@every_case
def test_an_experiment_builds_it(name: str, tmp_path: Path) -> None:
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--listing", type=ListingFactory)
    path = names("listings")[name].replace(":", ".")
    built = parser.instantiate(parser.parse_object({"listing": {"class_path": path}})).listing(root=tmp_path)
    assert isinstance(built, find(name))
    assert built.root == tmp_path


@every_case
def test_records_are_whole(name: str, tmp_path: Path) -> None:
    listing = find(name)(CASES[name](tmp_path))
    records = listing.records()
    assert len({record.name for record in records}) == len({record.image for record in records}) == len(records) > 0
    assert all(file.is_file() for record in records for file in record.files)
    assert pickle.loads(pickle.dumps(records)) == records == find(name)(tmp_path).records()
    assert listing.images() == records


@every_case
def test_splits_share_no_image(name: str, tmp_path: Path) -> None:
    data = data_of(name, CASES[name](tmp_path))
    paths = [path for split in ("train", "val", "test") for path in data.datasets[split].paths()]
    assert len({*paths}) == len(paths)
    assert {*paths} <= {*data.datasets["predict"].paths()}
    assert all(len(data.datasets[split]) for split in ("train", "val", "test"))


@every_case
def test_fingerprints_follow_content_alone(name: str, tmp_path: Path) -> None:
    found = [data_of(name, CASES[name](tmp_path / place)).datasets["train"] for place in ("a", "b")]
    for sizes_only in (False, True):
        first, second = (fingerprint(dataset, sizes_only) for dataset in found)
        assert first == second
        assert first != fingerprint(data_of(name, tmp_path / "a").datasets["val"], sizes_only)


@every_case
@pytest.mark.parametrize("how", ["all", "headers"])
def test_whole_files_have_no_faults(name: str, how: str, tmp_path: Path) -> None:
    dataset = data_of(name, CASES[name](tmp_path)).datasets["train"]
    check = MaskCheck(dataset, how)  # type: ignore[arg-type]
    fingerprint(dataset, sizes_only=how == "headers", check=check)
    assert (check.faults, check.lossy) == ([], [])


@every_case
def test_a_cache_holds_what_files_do(name: str, tmp_path: Path) -> None:
    root = CASES[name](tmp_path / "data")
    dataset = data_of(name, root).datasets["train"]
    loaded = [dataset.load(index) for index in range(len(dataset))]
    use_cache(dataset, str(tmp_path / "cache"))
    assert dataset.cache is not None
    for index, arrays in enumerate(loaded):
        for kept, array in zip(dataset.cache.load(index), arrays, strict=True):
            np.testing.assert_array_equal(kept, array)  # type: ignore[arg-type]
    again = data_of(name, root).datasets["train"]
    use_cache(again, str(tmp_path / "cache"))
    assert len(list((tmp_path / "cache").glob("*.pixels"))) == 1
