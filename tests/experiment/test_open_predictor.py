from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.experiment.open_predictor import is_exported, open_predictor


@pytest.mark.parametrize("name", ["missing.ckpt", "missing.onnx", "missing.pt2", "missing.xml"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"no .*{name}"):
        open_predictor([tmp_path / name])


@pytest.mark.parametrize("name", ["damaged.ckpt", "damaged.onnx", "damaged.pt2", "damaged.xml"])
def test_a_damaged_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(ConfigError, match=name):
        open_predictor([tmp_path / name])


def test_exported_files_are_known_by_their_names() -> None:
    assert [is_exported(Path(name)) for name in ("a.onnx", "a.xml", "a.pt2", "a.ckpt", "a")] == [True] * 3 + [False] * 2
