import gc

import pytest

from segcli.datasets.no_collection import no_collection


def test_garbage_is_looked_for_as_before_also_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(KeyError), no_collection():  # noqa: PT012
        assert not gc.isenabled()
        with no_collection():
            pass
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()
