from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.files import Revision
from segcli.ledger.entry import Entry
from segcli.ledger.settings import settings_now
from segcli.ledger.staleness import Stale, newly_stale, staleness
from tests.ledger.test_entry import CONTENT

ALL = [f"experiments/{name}.yaml" for name in "abc"]


def recorded(name: str, file: str, *overrides: str) -> Entry:
    """Write the result of an experiment as it is now."""
    content = {**CONTENT, "experiment": [file], "overrides": list(overrides)}
    entry = Entry(name, {**content, "settings": settings_now([Path(file)], overrides)})
    path = Path(file).parent / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(entry.text())
    return entry


def edit(name: str, old: str, new: str) -> None:
    file = Path("experiments") / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_result_is_stale_once_what_it_was_measured_of_changes(repository: Path) -> None:
    a, b = recorded("a", ALL[0]), recorded("b", ALL[1], "--data.batch_size", "4")
    c = recorded("c", ALL[2])
    assert [staleness(entry) for entry in (a, b, c)] == [None] * 3
    edit("base/data.yaml", "batch_size: 8", "batch_size: 16")
    assert staleness(a) == "data.batch_size 8 → 16"
    assert staleness(b) is None  # its override lies over the change
    edit("b.yaml", "UNet", "FPN")
    assert staleness(b) == "model.decoder UNet → FPN"
    edit("c.yaml", "vars: {n: 3}\ntrainer: {max_epochs: '${vars.n}'}", "trainer: {max_epochs: 3}")
    assert staleness(c) is None


@pytest.mark.parametrize("change", ["run: {root: elsewhere}", "pictures: {count: 0}", "seed_everything: 7", "# words"])
def test_what_cannot_change_a_result_makes_none_stale(repository: Path, change: str) -> None:
    entry = recorded("a", ALL[0])
    edit("a.yaml", "# First.", f"# First.\n{change}")
    assert staleness(entry) is None


def test_removed_and_broken_experiments_are_stale(repository: Path) -> None:
    a, c = recorded("a", ALL[0]), recorded("c", ALL[2])
    edit("a.yaml", "FPN", "FPM")
    assert (staleness(a) or "").startswith("does not compose: model.decoder: unknown name 'FPM'")
    Path(ALL[2]).unlink()
    assert staleness(c) == "experiment removed"
    both = Entry("x", {**CONTENT, "experiment": [ALL[1], "my.yaml"], "overrides": []})
    assert staleness(both) == "my.yaml removed"


def test_many_changes_are_counted(repository: Path) -> None:
    entry = recorded("c", ALL[2])
    new = "min_epochs: 1, precision: 64, gradient_clip_val: 3}\nmodel: {compile: true, decoder: {dropout: 0.4}}"
    edit("c.yaml", "'${vars.n}'}", f"'${{vars.n}}', {new}")
    found = staleness(entry) or ""
    assert found.startswith("model.compile false → true, model.decoder.dropout 0.2 → 0.4, trainer.gradient_clip_val")
    assert found.endswith(" and 1 more")


def test_a_review_names_what_it_makes_stale(git: Callable[..., str], repository: Path) -> None:
    recorded("a", ALL[0])
    recorded("b", ALL[1], "--data.batch_size", "4")
    recorded("c", ALL[2])
    edit("c.yaml", "n: 3", "n: 4")
    git("add", "-A")
    git("commit", "--quiet", "-m", "Results, one of them stale already")
    assert newly_stale(ALL, Revision("main")) == []
    edit("base/data.yaml", "batch_size: 8", "batch_size: 16")
    (found,) = newly_stale(ALL, Revision("main"))
    assert (str(found), found.reason) == ("a (0.650)", "data.batch_size 8 → 16")
    assert found.as_dict()["val_mIoU"] == 0.65
    assert newly_stale(ALL[1:], Revision("main")) == []
    Path(ALL[0]).unlink()
    removed, _ = newly_stale(ALL, Revision("main"))
    assert removed.reason == "experiment removed"


def test_results_lie_beside_the_experiment_or_above_it_and_other_files_are_left_alone(
    git: Callable[..., str], repository: Path
) -> None:
    deep = Path("experiments/deep/d.yaml")
    deep.parent.mkdir()
    deep.write_text("data: ShapesDataModule\n")
    git("add", "-A")
    git("commit", "--quiet", "-m", "Another")
    entry = recorded("beside", str(deep))
    for folder in ("experiments/results", "results"):
        Path(folder).mkdir()
        Path(f"{folder}/in_{folder.replace('/', '_')}.json").write_text(entry.text())
    Path("experiments/results/notes.json").write_text("[]")
    deep.write_text("data: ShapesDataModule\ntrainer: {max_epochs: 2}\n")
    found = newly_stale([str(deep)], Revision("main"))
    assert [each.entry.name for each in found] == ["in_experiments_results", "beside"]


def test_an_entry_without_the_score_goes_by_its_name() -> None:
    assert str(Stale(Entry("x", {**CONTENT, "val": {}}), "y")) == "x"
