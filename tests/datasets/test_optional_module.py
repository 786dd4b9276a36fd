import sys
from pathlib import Path

import pytest

from segcli.datasets.optional_module import optional_module
from segcli.sample import DataError


def test_a_library_is_imported() -> None:
    assert optional_module("json.decoder", "medical", Path("a.nii")) is sys.modules["json.decoder"]


def test_one_that_is_not_installed_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(DataError, match=r"a\.nii is read by nibabel, which .*: pip install 'segcli\[medical\]'"):
        optional_module("nibabel", "medical", Path("a.nii"))
    with pytest.raises(DataError, match="is read by no_such_thing, which is not installed"):
        optional_module("no_such_thing.part", "geo", Path("a.tif"))
