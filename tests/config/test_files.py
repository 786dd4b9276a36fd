from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.config.files import Files, Revision


def test_a_revision_keeps_what_the_disk_no_longer_has(repository: Path) -> None:
    file = repository / "experiments" / "a.yaml"
    before = file.read_text()
    file.unlink()
    revision = Revision("main")
    assert revision.is_file(file)
    assert revision.read_text(file) == before
    assert revision.show(file) == "main:experiments/a.yaml"


def test_a_new_file_is_not_in_a_revision(repository: Path) -> None:
    file = repository / "experiments" / "new.yaml"
    file.write_text("data: X\n")
    revision = Revision("HEAD")
    assert not revision.is_file(file)
    with pytest.raises(FileNotFoundError):
        revision.read_text(file)


def test_what_git_ignores_and_what_lies_outside_is_read_from_disk(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.yaml"
    ignored = repository / "runs" / "config.yaml"
    ignored.parent.mkdir()
    for file in (outside, ignored):
        file.write_text("a: 1\n")
        assert Revision("main").read_text(file) == "a: 1\n"
        assert ":" not in Revision("main").show(file)


def test_below_lists_each_side_without_hidden_folders(repository: Path) -> None:
    (repository / ".hidden").mkdir()
    (repository / ".hidden" / "x.yaml").write_text("")
    (repository / "experiments" / "new.yaml").write_text("")
    (repository / "experiments" / "a.yaml").unlink()
    names = [sorted(file.name for file in files.below(repository)) for files in (Files(), Revision("main"))]
    assert names == [["b.yaml", "c.yaml", "data.yaml", "new.yaml"], ["a.yaml", "b.yaml", "c.yaml", "data.yaml"]]


def test_changed_names_edits_deletions_and_new_files(repository: Path) -> None:
    (repository / "experiments" / "a.yaml").write_text("data: X\n")
    (repository / "experiments" / "b.yaml").unlink()
    (repository / "experiments" / "new.yaml").write_text("")
    assert {path.name for path in Revision("main").changed} == {"a.yaml", "b.yaml", "new.yaml"}


def test_names_that_need_quoting_and_text_beyond_ascii(repository: Path, git: Callable[..., str]) -> None:
    file = repository / "experiments" / "größe 1.yaml"
    file.write_text("# Übung\ndata: X\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "--quiet", "-m", "More")
    file.unlink()
    assert Revision("HEAD").read_text(file) == "# Übung\ndata: X\n"


def test_an_unknown_revision_and_a_folder_without_a_repository_are_explained(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(ConfigError, match="git knows no revision 'nothing'"):
        Revision("nothing")
    with pytest.raises(ConfigError, match=r"origin/main.*fetch it first"):
        Revision("origin/main")
    with pytest.raises(ConfigError, match="git says: not a git repository"):
        Revision("main", tmp_path_factory.mktemp("bare"))


def test_a_missing_git_is_explained(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(ConfigError, match="git is not installed"):
        Revision("main")
