"""Layouts of ../shared/layouts: what is written for each reads its masks to the pixel, with two keys corrected at most.

Names of classes are not compared, and neither is their order: no folder tells them. Which pixels are of one class, and
which are ignored, is compared exactly.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.sample import IGNORE_INDEX
from tests.datamodules.test_pattern_data_module import keys_by_layout, made
from tests.survey.data import loaded, proposed

__all__ = ["made"]
LAYOUTS = sorted(keys_by_layout()) or ["plain"]
CORRECTED: dict[str, dict[str, Any]] = {}
"""Keys to correct, by layout, in folders that are called like the data set."""
OF_NO_NAME: dict[str, dict[str, Any]] = {
    "ade20k": {"mask_values": {1: "a", 2: "b", 3: "c"}, "ignore_values": [0]},
}
"""The same in folders that are called like none."""
MOST = 2


def assert_same(
    found: NDArray[np.uint8], truth: NDArray[np.uint8], there: dict[int, int], back: dict[int, int], where: str
) -> None:
    """Compare masks; indices may be others, but one for each in all masks of a layout."""
    np.testing.assert_array_equal(found == IGNORE_INDEX, truth == IGNORE_INDEX, err_msg=where)
    for own, other in {*zip(found.ravel().tolist(), truth.ravel().tolist(), strict=True)}:
        assert there.setdefault(own, other) == other, where
        assert back.setdefault(other, own) == own, where


def check(data: PatternDataModule, truths: Path) -> None:
    known = {path.stem: np.load(path) for path in truths.glob("*.npy")}
    there, back, seen = dict[int, int](), dict[int, int](), set[str]()
    if "test" in (getattr(data._source, "_splits_without_images", None).named or {}):
        data.setup("test")
    for dataset in data.datasets.values():
        for index, path in enumerate(dataset.paths()):
            (name,) = [name for name in known if name in path]
            found = dataset.load(index)[1]
            assert found is not None
            assert_same(found, known[name], there, back, path)
            seen.add(name)
    assert len(seen) == len(known) == 4


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_written_reads_to_the_pixel(layout: str, made: Path, tmp_path: Path) -> None:
    corrected = CORRECTED.get(layout, {})
    assert len(corrected) <= MOST
    check(loaded(proposed(made / layout), tmp_path, **corrected), made / "_truth" / layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_and_so_it_does_in_a_folder_of_another_name(layout: str, made: Path, tmp_path: Path) -> None:
    corrected = OF_NO_NAME.get(layout, {})
    assert len(corrected) <= MOST
    shutil.copytree(made / layout, tmp_path / "x" / "own")
    check(loaded(proposed(tmp_path / "x" / "own"), tmp_path, **corrected), made / "_truth" / layout)
