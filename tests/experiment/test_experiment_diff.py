from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.config.from_python import tree_of
from segcli.experiment.experiment_diff import diff_experiments, experiment_of


def test_what_changes_no_result_is_hidden_unless_asked_for(repository: Path) -> None:
    moved = tree_of({"extends": "experiments/a.yaml", "run": {"root": "elsewhere"}})
    found = diff_experiments("experiments/a.yaml", moved)
    assert (list(found.changes), found.hidden) == ([], ["run.root"])
    assert [change.key for change in diff_experiments("experiments/a.yaml", moved, shows_all=True).changes] == [
        "run.root"
    ]
    assert (found.a, found.b) == ("experiments/a.yaml", "the mapping given")


def test_a_revision_is_read_with_its_parents(repository: Path) -> None:
    parent = Path("experiments/base/data.yaml")
    parent.write_text(parent.read_text().replace("8", "16"))
    found = diff_experiments("HEAD:experiments/a.yaml", "experiments/a.yaml")
    assert found.batches == (8, 16)


def test_a_file_that_a_revision_lacks_is_told(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"no file experiments/aa.yaml at HEAD \(did you mean 'experiments/a.yaml'"):
        experiment_of("HEAD:experiments/aa.yaml")
