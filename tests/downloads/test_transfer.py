import json
import socket
from pathlib import Path

import numpy as np
import pytest

from segcli.downloads import transfer
from segcli.downloads.download_error import DownloadError
from segcli.downloads.transfer import ATTEMPTS, load
from tests.downloads.server import Server

CONTENT = np.random.default_rng(0).bytes(1_000_000)
OTHER = np.random.default_rng(1).bytes(900_000)


def get(server: Server, folder: Path) -> bytes:
    target = folder / "a.bin"
    load(server.url("a.bin"), target, lambda _done, _total: None)
    assert sorted(path.name for path in folder.iterdir()) == ["a.bin"]
    return target.read_bytes()


def ranges(server: Server) -> list[str | None]:
    return [wanted for _, wanted in server.asked]


def begin(server: Server, folder: Path, count: int) -> None:
    """Leave a part behind, as a process does that was ended."""
    server.files["a.bin"], server.cuts = CONTENT, [count] + [0] * ATTEMPTS
    with pytest.raises(DownloadError, match="broke off"):
        load(server.url("a.bin"), folder / "a.bin", lambda _done, _total: None)
    assert (folder / "a.bin.part").read_bytes() == CONTENT[:count]
    server.asked.clear()
    server.cuts.clear()


@pytest.mark.parametrize("states_length", [True, False])
def test_a_file_comes_whole(server: Server, tmp_path: Path, states_length: bool) -> None:
    server.files["a.bin"], server.states_length = CONTENT, states_length
    seen: list[tuple[int, int | None]] = []
    load(server.url("a.bin"), tmp_path / "a.bin", lambda done, total: seen.append((done, total)))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT) if states_length else None)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_broken_line_is_taken_up_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"], server.cuts = CONTENT, [300_000, 1, 400_000]
    assert get(server, tmp_path) == CONTENT
    assert ranges(server) == [None, "bytes=300000-", "bytes=300001-", "bytes=700001-"]


def test_another_process_goes_on_where_one_ended(server: Server, tmp_path: Path) -> None:
    begin(server, tmp_path, 300_000)
    assert get(server, tmp_path) == CONTENT
    assert ranges(server) == ["bytes=300000-"]


def test_a_server_without_ranges_is_asked_for_all_of_it_again(server: Server, tmp_path: Path) -> None:
    begin(server, tmp_path, 300_000)
    server.has_ranges = False
    assert get(server, tmp_path) == CONTENT


@pytest.mark.parametrize("content", [OTHER, CONTENT[:200_000], OTHER + CONTENT], ids=["other", "shorter", "longer"])
@pytest.mark.parametrize("tells", [True, False], ids=["by its tag", "by its length"])
def test_a_file_that_has_changed_is_loaded_anew(server: Server, tmp_path: Path, content: bytes, tells: bool) -> None:
    begin(server, tmp_path, 300_000)
    server.files["a.bin"] = content
    if not tells:  # the tag is left out of the request, so that the server sends the rest of another file
        notes = tmp_path / "a.bin.part.json"
        notes.write_text(json.dumps(json.loads(notes.read_text()) | {"tag": ""}))
    assert get(server, tmp_path) == content
    assert ranges(server)[0] == "bytes=300000-"


def test_a_part_of_another_address_is_not_gone_on_with(server: Server, tmp_path: Path) -> None:
    begin(server, tmp_path, 300_000)
    server.files["b.bin"] = OTHER
    load(server.url("b.bin"), tmp_path / "a.bin", lambda _done, _total: None)
    assert (tmp_path / "a.bin").read_bytes() == OTHER
    assert ranges(server) == [None]


@pytest.mark.parametrize("notes", ["", "{", "[1]", '{"url": 1}'])
def test_a_part_without_legible_notes_is_loaded_anew(server: Server, tmp_path: Path, notes: str) -> None:
    begin(server, tmp_path, 300_000)
    (tmp_path / "a.bin.part.json").write_text(notes)
    assert get(server, tmp_path) == CONTENT
    assert ranges(server) == [None]


def test_a_part_that_is_all_of_it_needs_no_server(server: Server, tmp_path: Path) -> None:
    begin(server, tmp_path, 300_000)
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    assert get(server, tmp_path) == CONTENT
    assert server.asked == []


@pytest.mark.parametrize("state", [500, 502, 503, 429])
def test_a_state_that_passes_is_waited_for(server: Server, tmp_path: Path, state: int) -> None:
    server.files["a.bin"], server.states = CONTENT, [state] * (ATTEMPTS - 1)
    assert get(server, tmp_path) == CONTENT
    server.states = [state] * ATTEMPTS
    (tmp_path / "a.bin").unlink()
    with pytest.raises(DownloadError, match=f"127.0.0.1:.* answered {state} .*HTTPS_PROXY"):
        get(server, tmp_path)


@pytest.mark.parametrize("state", [404, 403, 410, 401])
def test_a_state_that_stays_is_told_at_once(server: Server, tmp_path: Path, state: int) -> None:
    server.states = [state]
    with pytest.raises(DownloadError, match=rf"answered {state} .* for http://.*/a.bin; it may have moved"):
        get(server, tmp_path)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_brings_nothing_new_is_given_up(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"], server.has_ranges, server.cuts = CONTENT, False, [5000, *[4000] * 50]
    with pytest.raises(DownloadError, match=r"broke off: .*\. 4 kB are kept"):
        get(server, tmp_path)
    assert len(server.asked) == ATTEMPTS


@pytest.mark.usefixtures("server")
def test_no_server_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match=r"cannot be reached: Connection refused\. Nothing came\."):
        load(f"http://127.0.0.1:{port}/a.bin", tmp_path / "a.bin", lambda _done, _total: None)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError, match=r"nowhere\.invalid cannot be reached: Name or service not known\. Nothing"):
        load("http://nowhere.invalid/a.bin", tmp_path / "a.bin", lambda _done, _total: None)


@pytest.mark.usefixtures("server")
def test_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadError, match="no answer within"):
        load(f"http://127.0.0.1:{silent.getsockname()[1]}/a", tmp_path / "a", lambda _done, _total: None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_is_told(server: Server, tmp_path: Path) -> None:
    server.files["a.bin"] = CONTENT
    (tmp_path / "a.bin.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"cannot write .*a\.bin\.part: No space left on device"):
        get(server, tmp_path)
    assert len(server.asked) == 1
