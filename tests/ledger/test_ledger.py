from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.ledger.entry import Entry
from segcli.ledger.ledger import Ledger
from segcli.ledger.settings import settings_now
from segcli.ledger.table import BEGIN, END
from tests.ledger.test_entry import CONTENT


def record(ledger: Ledger, name: str, file: str, *overrides: str) -> None:
    settings = settings_now([Path(file)], overrides)
    content = {**CONTENT, "experiment": [file], "overrides": list(overrides), "settings": settings}
    path = ledger.path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(Entry(name, content).text())


@pytest.fixture
def ledger(repository: Path) -> Ledger:
    return Ledger(Path("experiments"))


def test_every_experiment_and_every_result_has_a_row(ledger: Ledger) -> None:
    record(ledger, "a", "experiments/a.yaml")
    record(ledger, "a_small", "experiments/a.yaml", "--data.batch_size", "2")
    record(ledger, "b_small", "experiments/b.yaml", "--data.batch_size", "2")
    record(ledger, "gone", "experiments/c.yaml")
    Path("experiments/c.yaml").unlink()
    rows = {row.name: row for row in ledger.rows()}
    assert list(rows) == ["a", "a_small", "b", "b_small", "gone"]
    assert [name for name, row in rows.items() if row.entry is None] == ["b"]
    assert [row.stale for row in rows.values()] == [None, None, None, None, "experiment removed"]
    assert rows["a"].summary == "First."
    assert rows["b_small"].command == "python -m segcli fit -c experiments/b.yaml --data.batch_size 2"


def test_the_page_is_outdated_until_it_is_written(ledger: Ledger) -> None:
    assert ledger.outdated() == []  # neither results nor a page
    ledger.page.write_text(f"# Mine\n{BEGIN}\n{END}\nmore\n")
    assert len(ledger.outdated()) == 2 + 2 + 3  # blank lines, head, experiments
    page = ledger.written_page() or ""
    assert page.startswith("# Mine\n")
    assert page.endswith("more\n")
    ledger.page.write_text(page)
    assert ledger.outdated() == []
    record(ledger, "a", "experiments/a.yaml")
    assert [line[:6] for line in ledger.outdated()] == ["-| `a`", "+| `a`"]


def test_a_figure_that_became_stale_without_a_mark_is_outdated(ledger: Ledger) -> None:
    record(ledger, "a", "experiments/a.yaml")
    ledger.page.write_text(ledger.written_page() or "")
    assert ledger.outdated() == []
    file = Path("experiments/base/data.yaml")
    file.write_text(file.read_text().replace("8", "16"))
    before, after = ledger.outdated()
    assert before.endswith("| current |")
    assert after.endswith("| **stale**: data.batch_size 8 → 16 |")


def test_a_page_without_marks_matters_only_where_there_are_results(ledger: Ledger) -> None:
    ledger.page.write_text("# Mine\n")
    assert ledger.written_page() is None
    assert ledger.outdated() == []
    record(ledger, "a", "experiments/a.yaml")
    with pytest.raises(ConfigError, match=r"experiments/README.md has no place for the results; add these two lines"):
        ledger.outdated()


def test_a_missing_page_is_made(ledger: Ledger) -> None:
    record(ledger, "a", "experiments/a.yaml")
    assert len(ledger.outdated()) > 3
    assert (ledger.written_page() or "").startswith("# Experiments")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no folder .*--folder DIR"):
        Ledger(tmp_path / "nothing")
