import os
from pathlib import Path

import pytest

from segcli.api.call import from_python, listed, run_arguments, subject, told
from segcli.api.run import Run
from segcli.config.errors import ConfigError, Problem
from segcli.config.node import MappingNode, Source


def test_arguments_are_those_of_the_command_line_that_means_the_same() -> None:
    found = run_arguments("fit", ["a.yaml", Path("b.yaml")], {"run": {"name": "001"}, "trainer.max_steps": 2}, "last")
    assert found.files == [Path("a.yaml"), Path("b.yaml")]
    assert found.overrides == ["--run.name='001'", "--trainer.max_steps=2"]
    assert found.checkpoint == Path("last")
    assert found.line == ["-c", "a.yaml", "-c", "b.yaml", *found.overrides, "--ckpt_path", "last"]


def test_a_mapping_is_an_experiment_without_a_file() -> None:
    found = run_arguments("fit", {"model": {"decoder": "UNet"}}, None, None)
    assert (found.files, found.line, found.is_given) == ([], [], True)
    assert isinstance(found.tree, MappingNode)
    assert isinstance(subject({}), MappingNode)


def test_a_run_stands_for_its_folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained.parents[2])
    assert listed(Run(trained)) == listed([Run(trained)]) == ["runs/tiny/1"]
    assert listed("a") == ["a"]


def test_places_are_those_in_python() -> None:
    problem = told(Problem("x", "--level", Source("--a.b"), Source("x.yaml", 3)))
    assert str(problem) == 'error: level: x\n  --> overrides["a.b"]  (over x.yaml:3)'


def test_what_a_block_prints_and_sets_is_gone_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with from_python(quiet=True):
            print("progress")
            os.environ["SET_BY_A_RUN"] = "x"
            raise ConfigError([Problem("add --force")])

    with pytest.raises(ConfigError, match="force=True") as caught:
        work()
    assert "SET_BY_A_RUN" not in os.environ
    assert capsys.readouterr().out == ""
    assert caught.value.__suppress_context__
