import json
from pathlib import Path

from segcli.runs.run_folder import RunFolder
from segcli.sweeps.cell import Cell, Typed, compose_cells
from segcli.sweeps.cell_lock import CellLock
from tests.sweeps.fake import FakeTraining, trainer


def _cell(experiment: Path, seed: int = 3) -> Cell:
    cell = compose_cells(Typed((experiment,)), [(("seed_everything", str(seed)),)])[0]
    cell.freeze()
    return cell


def test_a_cell_is_trained_and_then_recognised(experiment: Path) -> None:
    training, told = FakeTraining(), list[str]()
    outcome = trainer(training, told).train(_cell(experiment))
    assert (outcome.state, outcome.run, outcome.value) == ("finished", Path("runs/exp/1"), 0.3)
    assert outcome.minutes == 4.0
    assert training.calls == [["fit", "-c", "exp.yaml", "--seed_everything", "3"]]
    assert told == [f"output in runs/exp/sweep/{_cell(experiment).hash}.log"]

    again = trainer(training).train(_cell(experiment))
    assert (again.state, again.was_known, again.run, again.value) == ("finished", True, Path("runs/exp/1"), 0.3)
    assert len(training.calls) == 1
    assert trainer(training).train(_cell(experiment, seed=4)).run == Path("runs/exp/2")


def test_a_killed_run_goes_on_from_its_checkpoint(experiment: Path) -> None:
    training, told = FakeTraining(fates={0: "killed"}), list[str]()
    first = trainer(training).train(_cell(experiment))
    assert (first.state, first.note) == ("failed", "ended by SIGKILL (out of memory?)")
    second = trainer(training, told).train(_cell(experiment))
    assert training.calls[1] == ["fit", "--ckpt_path", "runs/exp/1/checkpoints/last.ckpt"]
    assert (second.state, second.run) == ("finished", Path("runs/exp/1"))
    assert told[0] == "resuming runs/exp/1"


def test_a_run_without_a_checkpoint_is_begun_anew(experiment: Path) -> None:
    training = FakeTraining(fates={0: "killed early"})
    trainer(training).train(_cell(experiment))
    assert trainer(training).train(_cell(experiment)).run == Path("runs/exp/2")
    assert training.calls[0] == training.calls[1]


def test_what_a_failed_run_said_is_told(experiment: Path) -> None:
    training = FakeTraining(fates={0: "refused", 1: "failed"})
    refused, failed = (trainer(training).train(_cell(experiment)) for _ in range(2))
    assert (refused.state, refused.run, refused.note) == ("failed", None, "error: no images\n  --> exp.yaml:1")
    assert (failed.state, failed.run, failed.note) == ("failed", Path("runs/exp/1"), "RuntimeError: it broke")


def test_a_cell_that_is_at_work_elsewhere_is_left_alone(experiment: Path) -> None:
    cell, training = _cell(experiment), FakeTraining(fates={0: "killed"})
    lock = CellLock(cell.file(".lock"))
    assert lock.acquire()
    lock.name_process(77)
    outcome = trainer(training).train(cell)
    assert (outcome.state, outcome.note, training.calls) == ("at work elsewhere", "process 77", [])
    assert trainer(training).is_at_work(cell)
    lock.release()

    trainer(training).train(cell)
    other = RunFolder(Path("runs/exp/1"))  # as fit holds it
    assert other.acquire()
    outcome = trainer(training).train(cell)
    assert (outcome.state, outcome.run, len(training.calls)) == ("at work elsewhere", Path("runs/exp/1"), 1)
    assert trainer(training).is_at_work(cell)
    other.release()
    assert not trainer(training).is_at_work(cell)


def test_an_edited_experiment_is_run_as_it_was(experiment: Path) -> None:
    cell, training, told = _cell(experiment), FakeTraining(), list[str]()
    experiment.write_text(experiment.read_text().replace("max_epochs: 3", "max_epochs: 4"))
    outcome = trainer(training, told).train(cell)
    assert (outcome.state, outcome.run) == ("finished", Path("runs/exp/1"))
    assert told[0].startswith("the experiment's files have changed; running it as it was: runs/exp/sweep/")
    assert training.calls[0][2].endswith(f"{cell.hash}.yaml")


def test_a_run_of_another_experiment_does_not_count(experiment: Path) -> None:
    def edit() -> str:
        experiment.write_text(experiment.read_text().replace("max_epochs: 3", "max_epochs: 4"))
        return "finished"

    outcome = trainer(FakeTraining(fates={0: edit})).train(_cell(experiment))  # edited while the run starts
    assert (outcome.state, outcome.run) == ("differs", Path("runs/exp/1"))
    assert outcome.note.endswith("what differs: trainer.max_epochs")


def test_a_run_is_followed_and_may_be_stopped(experiment: Path) -> None:
    seen: list[tuple[str, str]] = []

    def follow(run: Path) -> bool:
        seen.append((run.name, (run / "metrics.csv").read_text().splitlines()[-1]))
        return len(seen) == 2

    outcome = trainer(FakeTraining()).train(_cell(experiment), follow)
    assert seen == [("1", "0,0,,0.1"), ("1", "1,1,,0.3")]
    assert (outcome.state, outcome.value) == ("interrupted", 0.3)
    assert json.loads(Path("runs/exp/1/passport.json").read_text())["status"] == "interrupted"
