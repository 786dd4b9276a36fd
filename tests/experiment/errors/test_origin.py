from pathlib import Path

import pytest
import torch

from segcli.decoders.fpn import FPN
from segcli.experiment.errors.origin import is_ours, own_line


def test_our_errors_are_told_from_bugs_by_where_they_arise() -> None:
    with pytest.raises(ValueError, match="FPN got 0") as ours:
        FPN([])
    assert is_ours(ours.value)
    with pytest.raises(ValueError, match="invalid literal") as other:
        int("x")
    assert not is_ours(other.value)


def test_a_line_of_ones_own_is_found_through_what_was_raised_from_it() -> None:
    def own() -> None:
        raise KeyError("a")

    with pytest.raises(KeyError) as caught:
        own()
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = caught.value
    found = own_line(wrapped)
    assert found is not None
    assert (found.file, found.raised) == (Path(__file__), "KeyError: 'a'")
    assert found.function.endswith("own")
    assert own_line(wrapped, of_cause=True) == found
    assert own_line(caught.value, of_cause=True) is None


def test_code_of_packages_is_not_ones_own() -> None:
    with pytest.raises(ValueError, match="FPN got 0") as caught:
        FPN([])
    trace = caught.value.__traceback__
    assert trace is not None
    caught.value.__traceback__ = trace.tb_next  # without this test's
    assert own_line(caught.value) is None
    assert own_line(None) is None


def test_the_traceback_of_a_process_that_loads_data_is_read() -> None:
    frames = f'  File "{torch.__file__}", line 3, in fetch\n    x\n  File "{__file__}", line 12, in apply\n    y\n'
    text = (
        f"Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n{frames}"
        "pkg.OwnError: one\ntwo\n"
    )
    found = own_line(RuntimeError(text))
    assert found is not None
    assert (found.source.line, found.function, found.raised) == (12, "apply", "OwnError: one two")
    assert own_line(RuntimeError(text), of_cause=True) is None
