import pytest
import torch.distributed as dist

from segcli.cli import error_report as reporting
from segcli.cli.error_report import REPORTED, report_error, was_reported
from segcli.cli.main import main

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID", "SLURM_LOCALID")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "PATIENCE_S", 0.2)
    monkeypatch.setattr(reporting, "HEAD_START_S", 0.1)
    for variable in RANKS:
        monkeypatch.delenv(variable, raising=False)


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **ranks: str) -> bool:
    for variable, rank in ranks.items():
        monkeypatch.setenv(variable, rank)
    report_error("error: x")
    return capsys.readouterr().err == "error: x\n"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dist.HashStore:
    shared = dist.HashStore()
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist.distributed_c10d, "_get_default_store", lambda: shared)
    return shared


def test_of_the_processes_of_one_host_the_first_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, capsys, RANK="0", LOCAL_RANK="0")
    assert not told(monkeypatch, capsys, RANK="1", LOCAL_RANK="1")


def test_the_first_may_speak_before_others_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = list[float]()
    monkeypatch.setattr(reporting.time, "sleep", waits.append)
    assert not told(monkeypatch, capsys, RANK="1", LOCAL_RANK="1")
    assert sum(waits) == pytest.approx(0.1)


def test_another_host_tells_what_it_alone_meets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, capsys, RANK="2", LOCAL_RANK="0")


def test_a_connected_process_tells_what_it_alone_meets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: dist.HashStore
) -> None:
    assert told(monkeypatch, capsys, LOCAL_RANK="1")
    assert store.check([REPORTED])


def test_a_connected_process_is_silent_once_another_has_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: dist.HashStore
) -> None:
    assert told(monkeypatch, capsys, LOCAL_RANK="0")
    assert not told(monkeypatch, capsys, LOCAL_RANK="1")


def test_a_process_whose_first_is_gone_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: dist.HashStore
) -> None:
    def gone(_: list[str]) -> bool:
        raise RuntimeError("connection closed")

    monkeypatch.setattr(dist.distributed_c10d, "_get_default_store", lambda: type("Gone", (), {"check": gone}))
    assert not told(monkeypatch, capsys, LOCAL_RANK="1")


@pytest.mark.parametrize(
    ("message", "is_echo"),
    [
        ("[pair.cc:561] Connection closed by peer [127.0.0.1]:1", True),
        ("NCCL error: remote process exited or there was a network error", True),
        ("mat1 and mat2 shapes cannot be multiplied", False),
    ],
)
def test_a_broken_connection_is_the_echo_of_anothers_end(
    capsys: pytest.CaptureFixture[str], store: dist.HashStore, message: str, is_echo: bool
) -> None:
    assert was_reported(RuntimeError(message)) == is_echo
    assert ("another one of the run has ended" in capsys.readouterr().err) == is_echo
    store.set(REPORTED, "1")
    assert was_reported(RuntimeError(message))


def test_mistakes_of_a_command_line_are_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    for words in (["fit", "-c", "missing.yaml"], ["prdict"]):
        assert main(words) == 2
        assert capsys.readouterr().err == ""


def test_a_process_alone_has_no_echo() -> None:
    assert not was_reported(RuntimeError("Connection closed by peer"))
