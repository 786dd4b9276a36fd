from pathlib import Path

import pytest

from segcli.datasets import cached_split
from segcli.datasets.cached_split import use_cache
from segcli.datasets.record_dataset import RecordDataset
from tests.datasets.test_decoded_cache import dataset, root

__all__ = ["root"]


class OwnDataset(RecordDataset):
    """May load otherwise than the class above it."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "user"))


def test_splits_of_middling_size_are_cached_in_the_users_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, middling, large = (dataset(root) for _ in range(3))
    use_cache(small, "auto")
    assert small.cache is None
    monkeypatch.setattr(cached_split, "LEAST_BYTES", 1)
    use_cache(middling, "auto")
    assert middling.cache is not None
    assert len([*(tmp_path / "user" / "decoded").glob("*.pixels")]) == 1
    monkeypatch.setattr(cached_split, "MOST_BYTES", 2)
    (root / "images" / "0.png").touch()
    use_cache(large, "auto")
    assert large.cache is None


def test_a_folder_is_used_whatever_the_size_and_off_is_off(root: Path, tmp_path: Path) -> None:
    asked, off, own = dataset(root), dataset(root), OwnDataset(dataset(root).records, dataset(root).labels)
    for data, cache in ((asked, str(tmp_path / "c")), (off, "off"), (own, str(tmp_path / "c"))):
        use_cache(data, cache)
    assert asked.cache is not None
    assert off.cache is None
    assert own.cache is None


def test_without_a_folder_to_write_to_samples_are_decoded(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    data = dataset(root)
    use_cache(data, str(tmp_path / "file"))
    assert data.cache is None
    assert "set data.cache to a folder that can be written to, or to off" in capsys.readouterr().err
    assert data[0]["image"].any()
