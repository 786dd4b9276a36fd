from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.files import Revision
from segcli.config.review import Review, review


@pytest.fixture
def edit(repository: Path) -> Callable[[str, str, str], None]:
    def _edit(name: str, old: str, new: str) -> None:
        file = repository / "experiments" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return _edit


def effects(found: Review) -> list[tuple[str, str, str, str, list[str]]]:
    return [
        (e.change.key, e.change.old, e.change.new, str(e.change.origin), [Path(x).stem for x in e.experiments])
        for e in found.effects
    ]


def test_nothing_changed(repository: Path) -> None:
    found = review(Revision("main"))
    assert not found.changed()
    assert [Path(name).stem for name in found.unchanged] == ["a", "b", "c"]


def test_a_change_in_a_parent_is_one_effect_on_all_its_children(edit: Callable[[str, str, str], None]) -> None:
    edit("base/data.yaml", "batch_size: 8", "batch_size: 16")
    found = review(Revision("main"))
    assert effects(found) == [("data.batch_size", "8", "16", "experiments/base/data.yaml:1", ["a", "b"])]
    assert found.unchanged == ["experiments/c.yaml"]


def test_a_variable_counts_where_it_is_set(edit: Callable[[str, str, str], None]) -> None:
    edit("c.yaml", "n: 3", "n: 4")
    assert effects(review(Revision("main"))) == [("trainer.max_epochs", "3", "4", "experiments/c.yaml:3", ["c"])]


def test_a_change_of_form_is_none(edit: Callable[[str, str, str], None]) -> None:
    edit("a.yaml", "model: {decoder: FPN}", "model:\n  # the same\n  decoder: {class_path: FPN, dropout: 0.2}")
    assert not review(Revision("main")).changed()


def test_new_removed_and_broken_experiments_are_named(repository: Path, edit: Callable[[str, str, str], None]) -> None:
    (repository / "experiments" / "new.yaml").write_text("data: ShapesDataModule\n")
    (repository / "experiments" / "bad.yaml").write_text("data: ShapesDataModule\nmodel: {decoder: FPM}\n")
    (repository / "experiments" / "c.yaml").unlink()
    edit("b.yaml", "UNet", "UNett")
    found = review(Revision("main"))
    assert found.added == ["experiments/bad.yaml", "experiments/new.yaml"]
    assert found.removed == ["experiments/c.yaml"]
    assert [Path(name).stem for name in found.experiments()] == ["a", "b", "bad", "c", "new"]
    assert {name: "unknown name" in str(problem) for name, problem in found.broken.items()} == {
        "experiments/b.yaml": True,
        "experiments/bad.yaml": True,
    }
    assert found.changed()


def test_what_composes_again_is_told_from_what_never_does(
    git: Callable[..., str], repository: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit("b.yaml", "UNet", "UNett")
    edit("c.yaml", "trainer:", "trainr:")
    git("commit", "--quiet", "-a", "-m", "Mistakes")
    edit("b.yaml", "UNett", "UNet")
    found = review(Revision("main"))
    assert list(found.mended) == ["experiments/b.yaml"]
    assert list(found.still_broken) == ["experiments/c.yaml"]
    assert (found.broken, found.removed, found.added) == ({}, [], [])
    edit("b.yaml", "UNet", "UNett")
    assert not review(Revision("main")).changed()


def test_an_experiment_with_a_wrong_key_is_no_removed_one(
    repository: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit("c.yaml", "trainer:", "trainr:")
    found = review(Revision("main"))
    assert list(found.broken) == ["experiments/c.yaml"]
    assert found.removed == []


def test_a_dropped_override_counts_where_it_was(edit: Callable[[str, str, str], None]) -> None:
    edit("b.yaml", "model: {decoder: UNet}\n", "")
    assert effects(review(Revision("main"))) == [("model.decoder", "UNet", "FPN", "main:experiments/b.yaml:3", ["b"])]


def test_another_interpolation_counts_where_it_stands(edit: Callable[[str, str, str], None]) -> None:
    edit(
        "c.yaml", "vars: {n: 3}\ntrainer: {max_epochs: '${vars.n}'}", "vars: {m: 4}\ntrainer: {max_epochs: '${vars.m}'}"
    )
    assert effects(review(Revision("main"))) == [("trainer.max_epochs", "3", "4", "experiments/c.yaml:4", ["c"])]


def test_hidden_changes_are_named(edit: Callable[[str, str, str], None]) -> None:
    edit("c.yaml", "vars: {n: 3}", "vars: {n: 3}\nrun: {root: elsewhere}")
    assert review(Revision("main")).hidden == {"run.root": ["experiments/c.yaml"]}


def test_only_the_files_asked_for(repository: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("base/data.yaml", "batch_size: 8", "batch_size: 16")
    found = review(Revision("main"), [Path("experiments/b.yaml")])
    assert [names for *_, names in effects(found)] == [["b"]]


def test_moved_paths_count_only_where_asked(repository: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("c.yaml", "vars: {n: 3}", "vars: {n: 3}\nrun: {root: elsewhere}")
    assert not review(Revision("main")).changed()
    assert effects(review(Revision("main"), show_hidden=True))[0][:3] == ("run.root", "runs", "elsewhere")
