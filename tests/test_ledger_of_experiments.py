"""What is recorded of the shipped experiments tells where it is from, and the table marks what is stale."""

from pathlib import Path

import pytest

from segcli.ledger.entry import Entry
from segcli.ledger.ledger import Ledger

ROOT = Path(__file__).parent.parent
RESULTS = sorted((ROOT / "experiments" / "results").glob("*.json"))


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.chdir(ROOT)
    return Ledger(Path("experiments"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_every_result_has_hashes_versions_and_fingerprints(path: Path) -> None:
    content = Entry.read(path).content
    assert len(content["experiment_hash"]) == 16
    assert all(split["content"] and split["count"] for split in content["data"]["splits"].values())
    assert {"train", "val"} <= content["data"]["splits"].keys()
    for run in content["runs"]:
        assert len(run["config_hash"]) == 16
        assert {"segcli", "torch", "python"} <= run["versions"].keys()
        assert run["git"]["commit"]
        assert run["hardware"]["processor"]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_no_result_names_a_machine_or_a_folder(path: Path) -> None:
    text = path.read_text()
    assert not [word for word in ('"/', "~/", "/home/", "/tmp/", ":\\\\") if word in text]


def test_the_table_is_what_experiments_and_results_give(ledger: Ledger) -> None:
    """A figure whose experiment changed since, and that is not marked stale, fails here: segcli record --table."""
    assert ledger.outdated() == []
