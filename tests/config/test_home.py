from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.home import paths_from_home, words_from_home
from segcli.config.keys import PATHS


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["check", "~/d"], ["check", "/home/me/d"]),
        (
            ["fit", "-c", "~/e.yaml", "--ckpt_path=~/x.ckpt"],
            ["fit", "-c", "/home/me/e.yaml", "--ckpt_path=/home/me/x.ckpt"],
        ),
        (["~"], ["/home/me"]),
        (["~nobody-of-that-name/d"], ["~nobody-of-that-name/d"]),
        (["a~/d", "~5 percent"], ["a~/d", "~5 percent"]),
        (["--run.name", "~", "~/d"], ["--run.name", "~", "/home/me/d"]),
        (["--run.name=~", "--data.root=~/d"], ["--run.name=~", "--data.root=~/d"]),
    ],
)
def test_words_of_the_command_line(words: list[str], expected: list[str]) -> None:
    assert words_from_home(words) == expected


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
