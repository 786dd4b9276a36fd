from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.discover import find_experiments, is_experiment
from segcli.config.library import installed

Write = Callable[[str, str], Path]
EXPERIMENT = "model: {decoder: FPN}\n"


def _found(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_experiments(folder, installed())]


def test_experiments_are_found_below_the_folder_sorted(write: Write, tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "more/c.yaml", "notes.txt", ".hidden/d.yaml"):
        write(name, EXPERIMENT)
    assert _found(tmp_path) == ["a.yml", "b.yaml", "more/c.yaml"]


@pytest.mark.parametrize("folder", ["base", "presets", "runs", "more/base"])
def test_fragments_and_runs_are_left_out(write: Write, tmp_path: Path, folder: str) -> None:
    write(f"{folder}/a.yaml", EXPERIMENT)
    write("b.yaml", EXPERIMENT)
    assert _found(tmp_path) == ["b.yaml"]


def test_a_folder_called_experiments_is_preferred(write: Write, tmp_path: Path) -> None:
    write("a.yaml", EXPERIMENT)
    write("experiments/b.yaml", EXPERIMENT)
    assert _found(tmp_path) == ["experiments/b.yaml"]


def test_an_empty_folder_called_experiments_is_not(write: Write, tmp_path: Path) -> None:
    write("a.yaml", EXPERIMENT)
    (tmp_path / "experiments").mkdir()
    assert _found(tmp_path) == ["a.yaml"]


def test_a_checkout_below_a_folder_called_base_is_searched(write: Write, tmp_path: Path) -> None:
    write("base/a.yaml", EXPERIMENT)
    assert _found(tmp_path / "base") == ["a.yaml"]


def test_one_wrong_key_hides_no_experiment(write: Write, tmp_path: Path) -> None:
    write("experiments/a.yaml", "data: ShapesDataModule\ntrainr: {max_epochs: 3}\n")
    write("experiments/notes.yaml", "title: x\n")
    assert _found(tmp_path) == ["experiments/a.yaml"]


def test_a_run_is_one_experiment(write: Write, tmp_path: Path) -> None:
    for name in ("config.yaml", "composed.yaml"):
        write(f"1/{name}", EXPERIMENT)
    assert _found(tmp_path) == ["1/config.yaml"]


@pytest.mark.parametrize("text", ["services: {web: {}}\n", "model: {}\nversion: 3\n", ""])
def test_other_yaml_is_no_experiment(write: Write, text: str) -> None:
    assert not is_experiment(write("a.yaml", text), installed())


@pytest.mark.parametrize("text", ["model: [\n", "model: {}\nmodel: {}\n"])
def test_a_broken_file_is_kept_so_that_its_error_is_seen(write: Write, text: str) -> None:
    assert is_experiment(write("a.yaml", text), installed())


@pytest.mark.parametrize("text", ["extends: segcli:bf16\n", "vars: {a: 1}\n", "trainer+: {max_epochs: 1}\n"])
def test_keys_of_the_composer_make_an_experiment(write: Write, text: str) -> None:
    assert is_experiment(write("a.yaml", text), installed())
