from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import Experiment, compose
from segcli.config.diff import diff
from segcli.config.dumper import dump, dump_standalone
from segcli.config.environment import as_it_was, as_written, identified, matched, resolved, with_references
from segcli.config.errors import ConfigError
from segcli.config.loader import load_text
from segcli.config.resolve import resolve

Write = Callable[[str, str], Path]
SECRET = "s3kr!t"
TEXT = r"""
vars:
  place: "/data/${oc.env:SECRET}"
  rate: "${oc.env:RATE}"
  whole: {class_path: own.Reporter, token: "${oc.env:SECRET}", plain: "a\\${b}"}
  default: "p, 'q'"
data: {class_path: FolderDataModule, root: "${vars.place}/camvid", classes: [a, "b ${oc.env:SECRET}"]}
model: {optimizer: {lr: "${vars.rate}"}, schedule: {warmup_steps: "${oc.env:STEPS,3}"}}
trainer:
  max_epochs: "${oc.decode:${oc.env:EPOCHS}}"
  max_time: "${oc.env:NOT_SET,${vars.default}}"
  callbacks: ["${vars.whole}", {class_path: own.Reporter, tags: "${oc.decode:${oc.env:TAGS}}"}]
  logger: {class_path: own.Logger, header: "Bearer ${data.root}"}
run: {name: "x-${oc.env:SECRET}"}
seed_everything: "${oc.env:EPOCHS}"
"""
WRITTEN = {
    "data.root": "/data/${oc.env:SECRET}/camvid",
    "data.classes.1": "b ${oc.env:SECRET}",
    "model.optimizer.lr": "${oc.env:RATE}",
    "model.schedule.warmup_steps": "${oc.env:STEPS,3}",
    "trainer.max_epochs": "${oc.decode:${oc.env:EPOCHS}}",
    "trainer.max_time": "${oc.env:NOT_SET,${oc.decode:\"'p, \\'q\\''\"}}",
    "trainer.callbacks.0.token": "${oc.env:SECRET}",
    "trainer.callbacks.1.tags": "${oc.decode:${oc.env:TAGS}}",
    "trainer.logger.header": "Bearer /data/${oc.env:SECRET}/camvid",
}
COUNTING = ("data.classes.1", "model.optimizer.lr", "model.schedule.warmup_steps", "trainer.max_epochs")
COUNTING += ("trainer.max_time", "trainer.callbacks.0.token", "trainer.callbacks.1.tags")


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"SECRET": SECRET, "RATE": "1e-3", "EPOCHS": "5", "TAGS": f"[1, {SECRET}]"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("!", "_") if name == "TAGS" else value)


@pytest.fixture
def experiment(write: Write) -> Experiment:
    return compose([write("x.yaml", TEXT)], checked=False)


def test_a_value_is_stored_as_what_refers_to_it_with_all_else_written_out(experiment: Experiment) -> None:
    stored = experiment.environment.stored(experiment.plain())
    marks = stored.pop("environment")
    text = dump(stored)
    assert set(marks) == set(WRITTEN)
    assert {key for key, digest in marks.items() if digest is not None} == set(COUNTING)
    assert {key: each.text for key, each in experiment.environment.references.items()} == WRITTEN
    assert set(experiment.environment.names) == {"SECRET", "RATE", "STEPS", "EPOCHS", "NOT_SET", "TAGS"}
    assert stored["run"]["name"] == f"x-{SECRET}"  # which is that of the folder
    assert stored["seed_everything"] == 5
    assert text.count(SECRET) == 1
    assert "0.001" not in text


def test_what_is_stored_composes_to_the_same(experiment: Experiment, write: Write) -> None:
    tree = {"defaults": "none", **experiment.environment.stored(experiment.plain())}
    again = compose([write("config.yaml", dump(as_written(tree)))], checked=False)
    assert again.plain() == experiment.plain()
    assert again.environment.changed() == []
    assert again.environment.stored(again.plain()) == experiment.environment.stored(experiment.plain())
    flat = compose([write("flat.yaml", dump_standalone(experiment.root))], checked=False)
    assert flat.plain() == experiment.plain()
    assert SECRET not in dump(with_references(experiment.root).plain()).replace(f"x-{SECRET}", "")


def test_values_are_stored_where_that_is_asked_for(write: Write) -> None:
    asked = compose([write("x.yaml", TEXT)], ["--run.store_environment", "true"], checked=False)
    assert asked.environment.stored(asked.plain()) == asked.plain()
    assert f"/data/{SECRET}/camvid" in dump_standalone(asked.root)
    assert "SECRET" in asked.environment.names


def test_nothing_changes_without_a_variable(write: Write) -> None:
    tree = {"data": {"class_path": "ShapesDataModule"}, "vars": {"a": "b"}, "run": {"name": "${vars.a}"}}
    experiment = compose([write("x.yaml", dump(tree))])
    assert experiment.environment.stored(experiment.plain()) == experiment.plain()
    assert identified(experiment.plain()) == experiment.plain()
    assert as_written({"a": ["${b}"]}) == {"a": [r"\${b}"]}


def _stored(write: Write, text: str) -> dict[str, Any]:
    experiment = compose([write("y.yaml", text)], checked=False)
    return experiment.environment.stored(experiment.plain())


@pytest.mark.parametrize(
    ("key", "text", "other", "is_another"),
    [
        ("model.optimizer.lr", "${oc.env:A}", "2", True),
        ("data.root", "${oc.env:A}", "/b/1", False),  # of a path, the last part counts
        ("model.weights", "${oc.env:A}/checkpoints/best.ckpt", "/b/1", True),  # of a checkpoint, all of it
        ("data.root", "${oc.env:A}", "/b/2", True),
        ("data.root", "${oc.env:A}/camvid", "/b", False),
        ("trainer.logger.token", "${oc.env:A}", "2", False),
    ],
)
def test_another_value_is_another_experiment_where_its_key_counts(
    write: Write, monkeypatch: pytest.MonkeyPatch, key: str, text: str, other: str, is_another: bool
) -> None:
    section, _, rest = key.partition(".")
    inner = rest.split(".")
    tree: Any = text
    for part in reversed(inner):
        tree = {part: tree}
    written = dump({section: tree})
    monkeypatch.setenv("A", "1" if other == "2" else "/a/1")
    before = _stored(write, written)
    monkeypatch.setenv("A", other)
    after = _stored(write, written)
    assert (identified(before) != identified(after)) is is_another
    assert "environment" not in identified(before)
    again = compose([write("config.yaml", dump(as_written({"defaults": "none", **before})))], checked=False)
    assert [told.partition(": ")[0] for told in again.environment.changed()] == [key] * is_another
    assert not any(other in told for told in again.environment.changed() if len(other) > 1)


def test_a_digest_is_not_told_of_a_value_that_was_set_since(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "1")
    file = write("config.yaml", dump(as_written(_stored(write, "model: {optimizer: {lr: '${oc.env:A}'}}"))))
    monkeypatch.setenv("A", "2")
    assert compose([file], checked=False).environment.changed()
    assert not compose([file], ["--model.optimizer.lr", "${oc.env:A}"], checked=False).environment.changed()


def test_a_missing_variable_is_named_with_a_remedy_that_works(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RATE")
    text = "data: ShapesDataModule\nmodel:\n  optimizer: {lr: '${oc.env:RATE}'}\n"
    with pytest.raises(ConfigError) as caught:
        compose([write("x.yaml", text)])
    (problem,) = caught.value.problems
    assert (problem.key, str(problem.source)) == ("model.optimizer.lr", "x.yaml:3")
    assert "needs the environment variable RATE, which is not set; export RATE=..." in problem.message
    flag = problem.message.partition("the value itself: ")[2].split()[0]
    assert compose([write("x.yaml", text)], [flag, "0.5"]).get("model.optimizer.lr") == 0.5
    monkeypatch.setenv("RATE", "0.25")
    assert compose([write("x.yaml", text)]).get("model.optimizer.lr") == 0.25


def test_a_missing_variable_of_an_element_can_be_given_on_the_command_line(write: Write) -> None:
    text = "data: ShapesDataModule\ntrainer: {callbacks: [{class_path: Timer, duration: '${oc.env:GONE}'}]}\n"
    with pytest.raises(ConfigError, match=r"--trainer\.callbacks\.0\.duration VALUE"):
        compose([write("x.yaml", text)])
    given = compose([write("x.yaml", text)], ["--trainer.callbacks.0.duration", "00:00:01:00"])
    assert given.get("trainer.callbacks.0.duration") == "00:00:01:00"


@pytest.mark.parametrize("reader", ["oc.select:vars.a", "oc.dict.values:vars", "oc.deprecated:vars.a"])
def test_a_value_is_not_read_past_its_reference(error: Callable[..., str], reader: str) -> None:
    message = error(f"vars: {{a: '${{oc.env:SECRET}}'}}\nrun: {{root: '${{{reader}}}'}}")
    assert "it depends on SECRET; write ${vars" in message
    assert SECRET not in message


def test_a_whole_section_cannot_be_from_the_environment(
    error: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN", "{name: a}")
    message = error("data: ShapesDataModule\nrun: '${oc.decode:${oc.env:RUN}}'")
    assert "run: is from the environment as a whole; write it here" in message


def test_names_of_classes_are_stored(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECODER", "UNet")
    monkeypatch.setenv("FLIP", "HorizontalFlip")
    text = "data: {class_path: ShapesDataModule, train_transforms: ['${oc.env:FLIP}']}\n"
    experiment = compose([write("x.yaml", text + "model: {decoder: '${oc.env:DECODER}'}")])
    assert experiment.environment.stored(experiment.plain()) == experiment.plain()
    assert experiment.environment.names == ("DECODER", "FLIP")


def test_a_component_with_its_arguments_is_stored_as_the_reference(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECODER", "{class_path: FPN, dropout: 0.25}")
    monkeypatch.setenv("FLIP", "{class_path: HorizontalFlip, p: 0.25}")
    text = "data: {class_path: ShapesDataModule, train_transforms: ['${oc.decode:${oc.env:FLIP}}']}\n"
    experiment = compose([write("x.yaml", text + "model: {decoder: '${oc.decode:${oc.env:DECODER}}'}")])
    tree = {"defaults": "none", **experiment.environment.stored(experiment.plain())}
    assert tree["model"]["decoder"] == "${oc.decode:${oc.env:DECODER}}"
    file = write("config.yaml", dump(as_written(tree)))
    assert "0.25" not in file.read_text()
    assert compose([file]).plain() == experiment.plain()
    monkeypatch.delenv("DECODER")
    assert diff(compose([file], reads_environment=False), compose([file], reads_environment=False)) == []


def test_a_name_for_the_resolver_hides_nothing(write: Write) -> None:
    text = "vars: {reader: oc.env}\ndata: {class_path: FolderDataModule, root: '${${vars.reader}:SECRET}'}"
    experiment = compose([write("x.yaml", text)], checked=False)
    assert experiment.environment.references["data.root"].text == "${oc.env:SECRET}"


def test_a_difference_is_named_and_never_printed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "data: ShapesDataModule\nmodel: {{optimizer: {{lr: '${{oc.env:RATE{}}}'}}}}\n"
    monkeypatch.setenv("RATE2", "0.001")
    sides = [compose([write(f"{n}.yaml", text.format(n))]) for n in ("", "2")]
    (change,) = diff(*sides)
    assert "${oc.env:RATE}" in change.old
    assert "${oc.env:RATE2}" in change.new
    assert "0.001" not in change.old + change.new
    assert diff(sides[0], sides[0]) == []


def test_a_stored_tree_is_compared_as_it_was(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "data: ShapesDataModule\nmodel: {optimizer: {lr: '${oc.env:RATE}'}}\n"
    files = []
    for value in ("0.1", "0.2"):
        monkeypatch.setenv("RATE", value)
        experiment = compose([write("x.yaml", text)])
        tree = {"defaults": "none", **experiment.environment.stored(resolve(experiment).plain())}
        files.append(write(f"{value}.yaml", dump(as_written(tree))))
    monkeypatch.delenv("RATE")
    (change,) = diff(*(compose([file], reads_environment=False) for file in files))
    assert change.key == "model.optimizer.lr"
    assert change.old.partition(" ")[0] == change.new.partition(" ")[0] == "${oc.env:RATE}"
    monkeypatch.setenv("RATE", "0.2")
    assert diff(compose([files[1]], reads_environment=False), compose([write("x.yaml", text)])) == []


def test_a_value_written_out_is_known_by_its_digest(write: Write) -> None:
    stored = _stored(write, "model: {optimizer: {lr: '${oc.env:RATE}'}}")
    given = {"model": {"optimizer": {"class_path": "AdamW", "init_args": {"lr": 0.001}}}}
    stored["model"]["optimizer"] = {"class_path": "AdamW", "init_args": {"lr": "${oc.env:RATE}"}}
    stored = {"model": {"optimizer": stored["model"]["optimizer"]}, "environment": stored["environment"]}
    assert matched(given, stored) == stored
    given["model"]["optimizer"]["init_args"] = {"lr": 0.002}  # type: ignore[dict-item]
    assert matched(given, stored) == given
    assert as_it_was(given, stored)["model"] == stored["model"]


def test_a_part_is_resolved_alone(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"model": {"a": "${oc.env:RATE}", "b": "${oc.env:GONE}", "c": "${literal}"}}
    tree["environment"] = {"model.a": "00", "model.b": "00"}
    assert resolved({"a": "${oc.env:RATE}", "c": "${literal}"}, tree, "model") == {"a": 0.001, "c": "${literal}"}
    with pytest.raises(ConfigError, match="GONE"):
        resolved(tree["model"], tree, "model")


def test_a_stored_tree_can_be_read_by_anyone(write: Write, experiment: Experiment) -> None:
    text = dump(as_written(experiment.environment.stored(experiment.plain())))
    assert load_text(text, "").plain()["data"]["init_args"]["root"] == WRITTEN["data.root"]
