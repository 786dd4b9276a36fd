import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segcli.cli import sweep
from segcli.cli.main import main
from segcli.runs.file_hashes import DIGEST, digest, stored_hash
from segcli.runs.stop_signals import StopSignals
from segcli.sweeps import cell_trainer, grid_sweep
from segcli.sweeps.child import ChildRunner, Launch
from tests.forked import fork
from tests.sweeps.fake import FakeTraining, write_experiment

ROOT = Path(__file__).parent.parent.parent
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    """Stands in for the processes that train; ``exp.yaml`` lies in the working directory, which is empty else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cell_trainer, "FOLLOW_S", 0.0)
    write_experiment(tmp_path)
    played = FakeTraining()

    def runner(stop: StopSignals) -> FakeTraining:
        played.stop = stop
        return played

    monkeypatch.setattr(sweep, "ChildRunner", runner)
    return played


def _sweep(*words: str) -> int:
    return main(["sweep", "-c", "exp.yaml", *words])


def test_a_grid_is_trained_and_told(training: FakeTraining, capsys: Capture) -> None:
    words = ("--vary", "model.decoder=UNet,FPN", "--vary=seed_everything=1,2", "--trainer.max_epochs", "2")
    assert _sweep(*words) == 0
    assert [call[3:] for call in training.calls[:2]] == [
        ["--trainer.max_epochs", "2", "--model.decoder", "UNet", "--seed_everything", "1"],
        ["--trainer.max_epochs", "2", "--model.decoder", "UNet", "--seed_everything", "2"],
    ]
    out = capsys.readouterr().out
    assert "3/4  model.decoder=FPN seed_everything=1\n" in out
    assert "FPN            2                runs/exp/4  finished  0.2000    4.00\n" in out
    assert out.endswith("next        python -m segcli compare runs/exp\n")
    assert _sweep(*words) == 0
    assert len(training.calls) == 4
    assert capsys.readouterr().out.count("finished already") == 4


def test_what_failed_is_told_and_the_exit_code_is_1(training: FakeTraining, capsys: Capture) -> None:
    training.fates = {0: "refused"}
    assert _sweep("--vary", "seed_everything=1,2") == 1
    out = capsys.readouterr().out
    assert "error: no images" in out
    assert "1                -           failed    -" in out
    assert "not finished: 1 of 2; to try these again:\n  python -m segcli sweep -c exp.yaml --vary" in out


def test_a_signal_ends_the_sweep_with_its_code(training: FakeTraining, capsys: Capture) -> None:
    def receive() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return "stopped"

    training.fates = {0: receive}
    assert _sweep("--vary", "seed_everything=1,2") == 143
    out = capsys.readouterr().out
    assert "not begun" in out
    assert out.endswith(
        "stopped by SIGTERM; to resume:\n  python -m segcli sweep -c exp.yaml --vary seed_everything=1,2\n"
    )
    assert _sweep("--vary", "seed_everything=1,2") == 0
    assert training.calls[1] == ["fit", "--ckpt_path", "runs/exp/1/checkpoints/last.ckpt"]


def test_a_dry_run_runs_nothing(training: FakeTraining, capsys: Capture) -> None:
    assert _sweep("--vary", "seed_everything=1,2", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "seed_everything  2 runs",
        "1                to begin",
        "2                to begin",
    ]
    Path("space.yaml").write_text("space: {seed_everything: {low: 1, high: 9}}\n")
    assert _sweep("--search", "space.yaml", "--dry-run") == 0
    assert "seed_everything  1 .. 9" in capsys.readouterr().out
    assert training.calls == []
    assert not Path("runs").exists()


def test_a_search_is_run_and_the_best_is_told(training: FakeTraining, capsys: Capture) -> None:
    Path("space.yaml").write_text("trials: 3\nspace: {seed_everything: {low: 1, high: 999}}\n")
    assert _sweep("--search", "space.yaml", "--trainer.max_epochs", "2") == 0
    assert len(training.calls) == 3
    seeds = [int(call[-1]) for call in training.calls]
    out = capsys.readouterr().out
    assert (
        f"val/mIoU {max(seeds) / 10:.4f}\n            python -m segcli fit -c exp.yaml --trainer.max_epochs 2 " in out
    )
    assert f"--seed_everything {max(seeds)}\n" in out
    assert Path("runs/exp/search.db").is_file()
    training.fates = dict.fromkeys(range(3, 9), "refused")
    Path("space.yaml").write_text("trials: 2\nstudy: b\nspace: {seed_everything: {low: 2000, high: 2999}}\n")
    assert _sweep("--search", "space.yaml", "--trainer.max_epochs", "2") == 1
    assert "no trial was completed" in capsys.readouterr().out


def test_without_optuna_a_search_says_what_to_install(
    training: FakeTraining, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert _sweep("--search", "space.yaml") == 2
    assert "pip install 'segcli[search]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "got neither"),
        (["--vary", "a=1", "--search", "x"], "got both"),
        (["--vary"], "--vary needs a value"),
        (["--vary", "--dry-run"], "--vary needs a value"),
        (["--vary", "seed_everything="], "empty value"),
        (["--vary", "seed_everything=1", "--vary", "seed_everything=2"], "seed_everything twice"),
        (["--vary", "seed_everything=1", "--seed_everything", "2"], "is set by --vary and by --seed_everything"),
        (["--vary", "model.decoder.init_args.dropout=0,1", "--model.decoder.dropout=2"], "is set by --vary and by"),
        (["--vary", "model.decodr=1", "--vary", "trainer.max_epochs=a,1"], "2 errors. Nothing was run."),
        (["--vary", "model.decoder=UNetz"], "did you mean 'UNet'"),
        (["--vary", "seed_everything=1,2,3", "--max-cells", "2"], "3 = 3 runs, more than 2"),
        (["--vary", "seed_everything=1", "--max-cells", "no"], "--max-cells got 'no'"),
        (["--vary", "seed_everything=1", "--ckpt_path", "x"], "sweep has no option --ckpt_path"),
        (["other.yaml", "--vary", "seed_everything=1"], "an experiment follows -c"),
        (["-c", "none.yaml", "--vary", "seed_everything=1"], "no file none.yaml"),
        (["--search", "none.yaml"], "no file none.yaml"),
        (["--search", "space.yaml", "--seed_everything", "2"], "is set by space and by --seed_everything"),
    ],
)
def test_mistakes_are_told_and_nothing_is_run(
    training: FakeTraining, capsys: Capture, words: list[str], message: str
) -> None:
    Path("space.yaml").write_text("space: {seed_everything: {low: 1, high: 9}}\n")
    assert _sweep(*words) == 2
    assert message in capsys.readouterr().err
    assert training.calls == []
    assert not Path("runs").exists()


def test_an_experiment_is_needed(training: FakeTraining, capsys: Capture) -> None:
    assert main(["sweep", "--vary", "a=1"]) == 2
    assert "sweep needs an experiment" in capsys.readouterr().err


def test_other_processes_of_a_launcher_are_refused(
    training: FakeTraining, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sweep, "is_first_process", lambda: False)
    assert _sweep("--vary", "seed_everything=1") == 2
    assert "without a launcher" in capsys.readouterr().err


def test_it_is_free_of_torch_and_of_optuna() -> None:
    code = (
        "import sys, segcli.cli.sweep; print([m for m in ('torch', 'optuna', 'pytorch_lightning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class _Forked(ChildRunner):
    """Trains in a copy of this process."""

    def __call__(self, launch: Launch, watch: object) -> int:
        done = fork(launch.words, Path.cwd())
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        launch.log.write_text(f"{done.stdout}{done.stderr}")
        return done.returncode


def test_a_grid_of_real_runs(tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sweep, "ChildRunner", _Forked)
    words = ["sweep", "-c", "tiny.yaml", "--vary", "model.decoder=FPN,UNet", "--trainer.max_epochs", "1"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "UNet           runs/tiny/2  finished  0." in out
    assert "(best)" in next(tiny.parent.glob("runs/tiny/sweep/*.log")).read_text()
    assert main(words) == 0
    assert capsys.readouterr().out.count("finished already") == 2


def test_a_real_run_that_fails_is_told(tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sweep, "ChildRunner", _Forked)
    tiny.write_text(tiny.read_text().replace("{max_epochs: 2", "{max_epochs: 1"))
    assert main(["sweep", "-c", "tiny.yaml", "--vary", "data.image_size=1"]) == 1
    out = capsys.readouterr().out
    assert "\n    error: " in out
    assert "not finished: 1 of 1" in out


def _started(tiny: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a sweep of two runs; return it and, once that can be resumed, the first run's process."""
    text = tiny.read_text().replace("max_epochs: 2", "max_epochs: 400")
    tiny.write_text(f"{text}last_checkpoint: {{every_n_steps: 1}}\n")
    with Path("out.txt").open("wb") as out:
        command = [sys.executable, "-m", "segcli", "sweep", "-c", "tiny.yaml", "--vary", "seed_everything=1,2"]
        parent = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"PYTHONPATH": str(ROOT)})
    end = time.monotonic() + 120
    while not Path("runs/tiny/1/checkpoints/last.ckpt").exists() and time.monotonic() < end:
        time.sleep(0.05)
    lock = next(lock for lock in Path("runs/tiny/sweep").glob("*.lock") if lock.read_text())
    return parent, int(lock.read_text())


def _shorten(tiny: Path) -> None:
    """Let runs that are resumed, and others, end soon."""
    for path in (tiny, Path("runs/tiny/1/config.yaml")):
        path.write_text(path.read_text().replace("max_epochs: 400", "max_epochs: 3"))
    passport = Path("runs/tiny/1/passport.json")
    record = json.loads(passport.read_text())
    record["stored"]["config.yaml"] = stored_hash(Path("runs/tiny/1/config.yaml"))
    passport.write_text(json.dumps({**record, DIGEST: digest(record)}))


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(tiny: Path, capsys: Capture) -> None:
    parent, child = _started(tiny)
    parent.kill()
    os.kill(child, signal.SIGKILL)
    parent.wait()
    assert json.loads(Path("runs/tiny/1/passport.json").read_text())["status"] == "running"
    _shorten(tiny)  # as if it had been so from the start
    assert main(["sweep", "-c", "tiny.yaml", "--vary", "seed_everything=1,2"]) == 0
    out = capsys.readouterr().out
    assert "resuming runs/tiny/1\n" in out
    assert sorted(path.name for path in Path("runs/tiny").iterdir()) == ["1", "2", "sweep"]
    passport = json.loads(Path("runs/tiny/1/passport.json").read_text())
    assert (passport["status"], len(passport["continued"])) == ("finished", 1)


@pytest.mark.slow
def test_a_run_whose_sweep_was_killed_is_left_alone(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    parent, child = _started(tiny)
    parent.kill()
    parent.wait()
    monkeypatch.setattr(grid_sweep.run_grid, "__defaults__", (0.1,))
    try:
        assert main(["sweep", "-c", "tiny.yaml", "--vary", "seed_everything=1"]) == 1
    finally:
        os.kill(child, signal.SIGKILL)
    assert f"at work elsewhere\n    process {child}\n" in capsys.readouterr().out


@pytest.mark.slow
def test_a_sweep_that_is_told_to_stop_lets_its_run_write_its_state(tiny: Path) -> None:
    parent, _ = _started(tiny)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(timeout=60) == 130
    assert json.loads(Path("runs/tiny/1/passport.json").read_text())["status"] == "interrupted"
    out = Path("out.txt").read_text()
    assert "1                runs/tiny/1  interrupted" in out
    assert re.search(r"stopped by SIGINT; to resume:\n  \S*python\S* -m segcli sweep -c tiny\.yaml", out)
    assert "stopped by SIGINT after step" in next(Path("runs/tiny/sweep").glob("*.log")).read_text()
