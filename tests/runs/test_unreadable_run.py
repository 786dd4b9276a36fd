from pathlib import Path

import pytest

from segcli.runs.stored_files import StoredFileError
from segcli.runs.unreadable_run import UnreadableRunError, of_run


def test_a_damaged_file_is_one_of_its_run() -> None:
    with pytest.raises(UnreadableRunError, match="has no metrics") as caught, of_run(Path("runs/a/1")):
        raise StoredFileError("has no metrics.csv")
    assert caught.value.path == Path("runs/a/1")


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(KeyError), of_run(Path("runs/a/1")):
        raise KeyError
