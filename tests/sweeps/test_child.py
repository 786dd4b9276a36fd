import os
import signal
import threading
import time
from pathlib import Path

import pytest

from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell_lock import CellLock
from segcli.sweeps.child import ChildRunner, Launch, error_lines

PROGRAM = """
import os, signal, sys, time
def stop(number, _):
    print("state written", number, flush=True)
    time.sleep(0.3)
    sys.exit(128 + number)
signal.signal(signal.SIGTERM, stop); signal.signal(signal.SIGINT, stop)
print("words", sys.argv[1:], "own session", os.getsid(0) == os.getpid(), flush=True)
open("ready", "w").close()
if sys.argv[1:] == ["fit"]:
    time.sleep(60)
sys.exit(int(sys.argv[-1]))
"""


@pytest.fixture
def launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launch:
    """A command line that waits to be stopped; another program stands in for segcli."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "segcli.py").write_text(PROGRAM)
    lock = CellLock(tmp_path / "a.lock")
    assert lock.acquire()
    return Launch(["fit"], tmp_path / "sweep" / "a.log", lock)


def _never() -> bool:
    return False


def _when_ready(act: list[signal.Signals]) -> threading.Thread:
    def wait() -> None:
        while not Path("ready").exists():
            time.sleep(0.02)
        for number in act:
            os.kill(os.getpid(), number)
            time.sleep(0.1)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_output_goes_to_the_log_and_the_exit_code_comes_back(launch: Launch) -> None:
    runner = ChildRunner(StopSignals())
    assert runner(Launch(["fit", "3"], launch.log, launch.lock), _never) == 3
    assert runner(Launch(["fit", "0"], launch.log, launch.lock), _never) == 0
    lines = launch.log.read_text().splitlines()
    assert lines[0] == "$ python -m segcli fit 3"
    assert lines[1] == "words ['fit', '3'] own session True"
    assert len(lines) == 4
    assert launch.lock.path.read_text().strip().isdigit()
    launch.lock.release()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once_and_waited_for(launch: Launch, number: signal.Signals) -> None:
    stop = StopSignals()
    stop.listen()
    try:
        thread = _when_ready([number])
        assert ChildRunner(stop)(launch, _never) == 128 + number
        thread.join()
    finally:
        stop.release()
    assert stop.received == number
    assert launch.log.read_text().count("state written") == 1
    launch.lock.release()


def test_a_second_ctrl_c_ends_the_run_at_once(launch: Launch) -> None:
    stop = StopSignals()
    stop.listen()
    try:
        thread = _when_ready([signal.SIGINT, signal.SIGINT])
        assert ChildRunner(stop)(launch, _never) == -signal.SIGKILL
        thread.join()
    finally:
        stop.release()
    launch.lock.release()


def test_who_watches_can_stop_the_run(launch: Launch) -> None:
    assert ChildRunner(StopSignals())(launch, lambda: Path("ready").exists()) == 128 + signal.SIGTERM
    assert launch.log.read_text().count("state written") == 1
    launch.lock.release()


def test_a_run_does_not_outlive_an_error_of_the_sweep(launch: Launch) -> None:
    def fail() -> bool:
        if Path("ready").exists():
            raise ZeroDivisionError
        return False

    with pytest.raises(ZeroDivisionError):
        ChildRunner(StopSignals())(launch, fail)
    assert "state written" in launch.log.read_text()
    launch.lock.release()


@pytest.mark.parametrize(
    ("output", "code", "told"),
    [
        ("epoch 1\nerror: a: b\n  --> c.yaml:1\n", 2, "error: a: b\n  --> c.yaml:1"),
        ("Traceback\n  File\nRuntimeError: x\n\n", 1, "RuntimeError: x"),
        ("epoch 1\n", -9, "ended by SIGKILL (out of memory?)"),
        ("epoch 1\n", -15, "ended by SIGTERM"),
        ("", 5, "ended with exit code 5"),
    ],
)
def test_what_a_run_said_last_is_told(tmp_path: Path, output: str, code: int, told: str) -> None:
    before = "error: of an earlier start\n"
    (tmp_path / "a.log").write_text(f"{before}$ python -m segcli fit\n{output}")
    assert error_lines(tmp_path / "a.log", len(before), code) == told
