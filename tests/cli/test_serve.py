import socket
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.cli import serve
from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.cli.serve import VERB, run
from segcli.config.errors import ConfigError
from segcli.serve.application import Application
from segcli.serve.limits import Limits

SECRET = "0123456789abcdef"


@pytest.fixture
def best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that is there, and is not opened."""
    monkeypatch.chdir(tmp_path)
    Path("best.ckpt").touch()
    Path("short.txt").write_text("short")
    Path("words.txt").write_text("not one word but several")
    Path("bytes.txt").write_bytes(bytes(range(128, 160)))
    return "best.ckpt"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "abc"], "--port: got 'abc', expected a whole number from 0 to 65535"),
        (["--port", "70000"], "--port: got '70000'"),
        (["--port", "-1"], "--port: got '-1'"),
        (["--max_pixels", "0"], "--max_pixels: got '0', expected a whole number from 1"),
        (["--max_pixels", "9" * 5000], "--max_pixels: got"),
        (["--max_mib", "1.5"], "--max_mib: got '1.5'"),
        (["--queue", "many"], "--queue: got 'many'"),
        (["--timeout_s", "0"], "--timeout_s: got '0'"),
        (["--host", "0.0.0.0"], "lets other machines ask; add --token FILE, or --no_token"),
        (["--host", "gpu7"], "add --token FILE"),
        (["--token", "none.txt"], "--token none.txt cannot be read"),
        (["--token", "."], "--token . cannot be read"),
        (["--token", "short.txt"], r"(?s)one word of at least 16.*openssl rand -hex 16 > short.txt"),
        (["--token", "words.txt"], "one word of at least 16"),
        (["--token", "bytes.txt"], "one word of at least 16"),
        (["--token", "short.txt", "--no_token"], "exclude each other"),
        (["--ckpt_path", "none.ckpt"], "no file none.ckpt"),
        (["--host", "192.0.2.1", "--no_token"], "no address of this machine"),
        (["--prot", "1"], "--prot"),
        (["image.png"], "image.png"),
    ],
)
def test_wrong_input_is_told(best: str, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, ["--ckpt_path", best, *words]))


def test_a_checkpoint_is_needed(best: str) -> None:
    with pytest.raises(ConfigError, match=r"serve needs a checkpoint: --ckpt_path runs"):
        run(read(VERB, []))


def test_a_missing_library_is_told(best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(ConfigError, match=r"serve needs uvicorn.*pip install 'segcli\[serve\]'"):
        run(read(VERB, ["--ckpt_path", best]))


def test_a_port_in_use_is_told_before_torch_is_imported(best: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = "import sys; from segcli.cli.main import main; print(main(sys.argv[1:]), 'torch' in sys.modules)"
        words = [sys.executable, "-c", code, "serve", "--ckpt_path", best, "--port", str(port)]
        done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "2 False\n"
    assert f"port {port} of 127.0.0.1 is in use; --port" in done.stderr


def test_the_defaults_are_those_that_help_tells(best: str) -> None:
    assert Limits(**serve._bounds(read(VERB, []))) == Limits()


def test_a_checkpoint_is_served(
    in_trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Application] = []
    monkeypatch.setattr("segcli.serve.server.run_server", lambda application, listening: served.append(application))
    Path("token.txt").write_text(f"{SECRET}\n")
    words = ["serve", "--ckpt_path", str(in_trained), "--port", "0", "--host", "0.0.0.0", "--token", "token.txt"]
    assert main(words) == 0
    assert len(served) == 1
    told = capsys.readouterr().out
    assert f"opening {in_trained}" in told
    assert "serving at http://" in told
    assert SECRET not in told


def test_a_damaged_checkpoint_is_told(best: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--ckpt_path", best, "--port", "0"]) == 2
    assert "best.ckpt" in capsys.readouterr().err
