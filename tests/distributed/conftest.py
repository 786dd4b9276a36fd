import shutil
from pathlib import Path

import pytest

from tests.conftest import TINY
from tests.distributed import recorder
from tests.distributed.launch import on
from tests.forked import forked_ranks

RECORDED = TINY.replace("trainer: {", "trainer: {callbacks: [recorder.Recorder], ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with an experiment."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


@pytest.fixture(scope="session")
def trained_on_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working directory of a run on two devices, done once for all tests; do not change it."""
    folder = tmp_path_factory.mktemp("two")
    shutil.copy(recorder.__file__, folder)
    (folder / "tiny.yaml").write_text(RECORDED)
    words = ["fit", "-c", "tiny.yaml", *on(2), "--data.batch_size", "4", "--data.val_size", "7"]
    ranks = forked_ranks([*words, "--data.val_batch_size", "2"], folder, devices=2)
    assert [rank.returncode for rank in ranks] == [0, 0], [rank.stderr for rank in ranks]
    return folder
