from pathlib import Path

import pytest

from segcli.runs.checked_masks import known_samples, remember


def test_what_is_remembered_is_known_and_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "c"))
    assert known_samples("k") == set()
    remember("k", {b"a" * 16})
    remember("k", {b"b" * 16})
    remember("k", set())
    assert known_samples("k") == {b"a" * 16, b"b" * 16}
    assert known_samples("other") == set()
    assert [path.name for path in (tmp_path / "c").rglob("*.*")] == ["k.bin"]


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "file"))
    remember("k", {b"a" * 16})
    assert known_samples("k") == set()
