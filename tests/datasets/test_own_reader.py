import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.datasets import own_reader
from segcli.datasets.mask_reader import MaskReader
from segcli.datasets.own_reader import OwnReader
from segcli.sample import DataError

FILE = Path("a.npy")


class Gives(MaskReader):
    """Return, or raise, what it is given."""

    def __init__(self, found: Any, half: int = 0) -> None:  # noqa: ANN401
        self.found, self.half = found, half

    def __call__(self, path: Path, data: bytes | None = None) -> Any:  # noqa: ANN401
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_integers_are_passed_on() -> None:
    reader = OwnReader(Gives(np.ones((2, 3), np.uint16)))
    np.testing.assert_array_equal(reader(FILE), np.ones((2, 3)))
    assert reader.size(FILE) == (2, 3)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (np.ones((2, 3)), r"a\.npy: data\.reader Gives returned float64 \(2, 3\), expected an array"),
        (np.ones((2, 3), bool), "returned bool"),
        (np.ones((2, 3, 1), np.uint8), r"returned uint8 \(2, 3, 1\)"),
        ([[1]], "returned list"),
        (None, "returned NoneType"),
        (KeyError("x"), r"a\.npy: data\.reader Gives failed, KeyError: 'x'"),
        (DataError("a.npy is no mask"), r"^a\.npy is no mask$"),
    ],
)
def test_all_else_is_an_error_that_names_the_file(found: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        OwnReader(Gives(found))(FILE)


def test_a_header_at_fault_is_an_error_that_names_the_file() -> None:
    for found in (KeyError("x"), np.ones(3, np.uint8)):
        with pytest.raises(DataError, match=r"a\.npy: data\.reader Gives failed, "):
            OwnReader(Gives(found)).size(FILE)


def test_a_lack_of_memory_stays_what_it_is() -> None:
    with pytest.raises(MemoryError):
        OwnReader(Gives(MemoryError()))(FILE)


def test_caches_know_class_settings_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    named = [repr(OwnReader(Gives(1, half))) for half in (0, 0, 1)]
    assert named[0] == named[1] != named[2]
    assert named[0].startswith("tests.datasets.test_own_reader.Gives ")
    monkeypatch.setattr(own_reader, "_text_hash", lambda kind: "other")
    assert repr(OwnReader(Gives(1, 0))) != named[0]


def test_every_entry_of_a_large_table_decides_how_masks_are_read() -> None:
    table = np.zeros(65_536, np.uint8)
    before = repr(OwnReader(Gives(table)))
    assert repr(OwnReader(Gives(table.copy()))) == before
    table[3000] = 1
    assert repr(OwnReader(Gives(table))) != before


def test_attributes_that_are_objects_are_known_by_what_they_hold() -> None:
    assert repr(OwnReader(Gives(DataError("a")))) == repr(OwnReader(Gives(DataError("a"))))


def test_sets_are_known_by_what_is_in_them_in_every_process() -> None:
    text = (
        "from tests.datasets.test_own_reader import Gives, OwnReader\n"
        "print(repr(OwnReader(Gives({'a': [{*'abcdefgh'}, frozenset((*'xyz', 1, None))]}))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", text], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    named = [repr(OwnReader(Gives(held))) for held in ({"a"}, {"a", "b"}, frozenset("a"), {1: {"a"}}, set())]
    assert len({*named}) == len(named)


@pytest.mark.parametrize("held", [lambda: 0, (value for value in (1,)), [{"a": lambda: 0}]])
def test_what_cannot_be_pickled_is_told(held: object) -> None:
    with pytest.raises(
        DataError, match=r"data\.reader Gives has an attribute that cannot be pickled \(.*make it a meth"
    ):
        repr(OwnReader(Gives(held)))
