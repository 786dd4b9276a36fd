from pathlib import Path

import pytest

from segcli.predict.manifest import DONE, FILE, SKIPPED, Manifest
from segcli.sample import DataError

HOW = {"models": [{"file": "best.ckpt", "sha256": "1"}], "save": ["labels"]}


def _line(name: str, status: str = DONE, sha256: str = "a") -> dict[str, object]:
    return {"input": name, "sha256": sha256, "status": status, "files": [f"{name}.png"] if status == DONE else []}


def test_what_was_done_is_known_again(tmp_path: Path) -> None:
    first = Manifest(tmp_path, HOW)
    for name in ("a", "b", "c", "ü"):
        first.add(_line(name))
        (tmp_path / f"{name}.png").touch()
    first.add(_line("d", SKIPPED))
    (tmp_path / "b.png").unlink()

    again = Manifest(tmp_path, HOW, resumes=True)
    assert again.is_done("a", "a")
    assert again.is_done("ü", "a")
    assert not again.is_done("a", "other content")
    assert not again.is_done("b", "a")  # its file is gone
    assert not again.is_done("d", "a")  # it was skipped
    assert not again.is_done("e", "a")


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path, cut: int) -> None:
    first = Manifest(tmp_path, HOW)
    for name in ("a", "b"):
        first.add(_line(name))
        (tmp_path / f"{name}.png").touch()
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[: -cut - 1])

    again = Manifest(tmp_path, HOW, resumes=True)
    assert again.is_done("a", "a")
    assert not again.is_done("b", "a")
    again.add(_line("b"))
    assert Manifest(tmp_path, HOW, resumes=True).is_done("b", "a")


@pytest.mark.parametrize("key", HOW)
def test_what_was_predicted_otherwise_is_told(tmp_path: Path, key: str) -> None:
    Manifest(tmp_path, HOW)
    with pytest.raises(DataError, match=f"was predicted otherwise: {key} was .*, is "):
        Manifest(tmp_path, {**HOW, key: ["other"]}, resumes=True)


@pytest.mark.parametrize("content", [b"", b"no JSON\n"])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError, match=r"manifest\.jsonl cannot be read"):
        Manifest(tmp_path, HOW, resumes=True)
