import signal
from pathlib import Path

from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell import Cell, Typed, compose_cells
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.cell_trainer import Outcome
from segcli.sweeps.curve import Objective
from segcli.sweeps.grid import combinations
from segcli.sweeps.grid_sweep import dry_lines, run_grid
from tests.sweeps.fake import FakeTraining, trainer


def _cells(experiment: Path) -> list[Cell]:
    grid = combinations({"model.decoder": ["FPN", "UNet"], "seed_everything": ["1", "2"]})
    return compose_cells(Typed((experiment,)), grid)


def _run(cells: list[Cell], training: FakeTraining, stop: StopSignals | None = None) -> tuple[list[Outcome], list[str]]:
    told: list[str] = []
    runner = trainer(training, told)
    return run_grid(cells, runner, stop or StopSignals(), Objective("val/mIoU", True), told.append, 0.2), told


def test_a_cell_that_fails_does_not_keep_the_others_from_running(experiment: Path) -> None:
    training = FakeTraining(fates={1: "refused", 2: "killed"})
    outcomes, told = _run(_cells(experiment), training)
    assert [outcome.state for outcome in outcomes] == ["finished", "failed", "failed", "finished"]
    assert [outcome.run and outcome.run.name for outcome in outcomes] == ["1", None, "2", "3"]
    assert told[0] == "1/4  model.decoder=FPN seed_everything=1"
    assert told[2] == "  finished  runs/exp/1  val/mIoU 0.1000  4.0 min"
    assert told[5:7] == ["  failed  0 s", "    error: no images"]

    outcomes, _ = _run(_cells(experiment), training)  # the same once more
    assert [outcome.state for outcome in outcomes] == ["finished"] * 4
    assert [outcome.was_known for outcome in outcomes] == [True, False, False, True]
    assert [call[1] for call in training.calls[4:]] == ["-c", "--ckpt_path"]


def test_no_cell_is_begun_after_a_signal(experiment: Path) -> None:
    stop = StopSignals()

    def receive() -> str:
        stop.received = signal.SIGTERM
        return "stopped"

    outcomes, _ = _run(_cells(experiment), FakeTraining(fates={1: receive}), stop)
    assert [outcome.state for outcome in outcomes] == ["finished", "interrupted", "not begun", "not begun"]


def test_a_cell_at_work_elsewhere_is_come_back_to(experiment: Path) -> None:
    cells = _cells(experiment)
    locks = [CellLock(cell.file(".lock")) for cell in cells[:2]]
    assert all(lock.acquire() for lock in locks)

    def release() -> str:
        locks[0].release()
        return "finished"

    outcomes, told = _run(cells, FakeTraining(fates={1: release}))
    assert [outcome.state for outcome in outcomes] == ["finished", "at work elsewhere", "finished", "finished"]
    assert told[-3].startswith("1/4")
    locks[1].release()


def test_every_experiment_is_frozen_at_the_start(experiment: Path) -> None:
    text = experiment.read_text()

    def damage() -> str:
        experiment.write_text("model: {")
        return "refused"

    training = FakeTraining(fates={0: damage})
    outcomes, told = _run(_cells(experiment), training)
    assert [outcome.state for outcome in outcomes] == ["failed", "finished", "finished", "finished"]
    assert sum("running it as it was" in line for line in told) == 3
    experiment.write_text(text)
    outcomes, _ = _run(_cells(experiment), training)
    assert [outcome.was_known for outcome in outcomes] == [False, True, True, True]


def test_a_dry_run_tells_what_is_done_and_writes_nothing(experiment: Path) -> None:
    cells = _cells(experiment)
    training = FakeTraining(fates={1: "killed"})
    _run(cells[:2], training)
    before = sorted(Path("runs").rglob("*"))
    assert dry_lines(cells, trainer(training)) == [
        "model.decoder  seed_everything  4 runs",
        "FPN            1                finished already: runs/exp/1",
        "FPN            2                to resume: runs/exp/2",
        "UNet           1                to begin",
        "UNet           2                to begin",
    ]
    assert sorted(Path("runs").rglob("*")) == before
