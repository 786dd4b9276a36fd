from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.home import from_home, paths_from_home
from segcli.config.keys import PATHS


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("~/d", "/home/me/d"),
        ("--data.root=~/d", "/home/me/d"),
        ("~", "/home/me"),
        ("~nobody-of-that-name/d", "~nobody-of-that-name/d"),
        ("a~/d", "a~/d"),
        ("~5 percent", "~5 percent"),
        ("--run.name=x~", "--run.name=x~"),
    ],
)
def test_words_of_the_command_line(word: str, expected: str) -> None:
    assert from_home(word).removeprefix("--data.root=") == expected


@pytest.mark.parametrize("pattern", PATHS)
def test_every_kind_of_path_in_a_file(pattern: str) -> None:
    key = pattern.replace("*", "some")
    assert paths_from_home({"a": [{"b": {key: "~/x", "note": "~/x"}}]}) == {
        "a": [{"b": {key: "/home/me/x", "note": "~/x"}}]
    }


def test_an_experiment_keeps_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text("data: {class_path: FolderDataModule, root: ~/d, classes: [a, b]}\nrun: {root: ~/runs}\n")
    experiment = compose([file])
    assert experiment.expanded()["data"]["init_args"]["root"] == "/home/me/d"
    assert experiment.get("run.root") == "/home/me/runs"
    assert experiment.plain()["run"]["root"] == "~/runs"
