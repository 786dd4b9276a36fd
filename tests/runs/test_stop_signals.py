import os
import signal
import threading

import pytest

from segcli.runs.stop_signals import StopSignals, in_slurm_job, slurm_job


def test_the_first_signal_is_remembered_and_handlers_are_given_back() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    signals = StopSignals()
    signals.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    assert signals.received is signal.SIGTERM
    signals.release()
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before


def test_a_second_interrupt_is_obeyed_at_once() -> None:
    signals = StopSignals()
    signals.listen()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signals.release()


def test_the_requeue_signal_is_listened_to_in_batch_jobs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    before = signal.getsignal(signal.SIGUSR1)
    signals = StopSignals()
    signals.listen()
    assert signal.getsignal(signal.SIGUSR1) is before
    signals.release()
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    signals.listen()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert signals.received is signal.SIGUSR1
    signals.release()


def test_another_thread_leaves_signals_alone() -> None:
    signals, before = StopSignals(), signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=signals.listen)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before


def test_jobs_are_named_as_scontrol_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_NAME"):
        monkeypatch.delenv(variable, raising=False)
    assert slurm_job() is None
    assert not in_slurm_job()
    monkeypatch.setenv("SLURM_JOB_ID", "8")
    assert slurm_job() == "8"
    assert in_slurm_job()
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "5")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    assert slurm_job() == "5_3"
    monkeypatch.setenv("SLURM_JOB_NAME", "interactive")
    assert not in_slurm_job()
