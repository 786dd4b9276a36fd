import shutil
from pathlib import Path

import pytest

from tests.conftest import TINY
from tests.distributed import recorder
from tests.distributed.launch import lightning, on

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
    done = lightning([*words, "--data.val_batch_size", "2"], folder)
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    return folder
