"""What the guides show of output is what is printed, and their commands for several devices work."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.cli.main import main
from tests.distributed.launch import environment
from tests.documents import CONSOLE, DISTRIBUTED, ROOT, words_of
from tests.forked import forked_ranks
from tests.test_documents import SHORT

GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]


@pytest.mark.parametrize("command", DISTRIBUTED)
def test_every_command_for_several_devices_works(command: str, tmp_path: Path) -> None:
    """How Lightning starts the second process is tested in tests/distributed/test_launchers.py."""
    ours, short = words_of(command), [*SHORT["fit"], "--run.name=several"]
    if ours is not None:
        ranks = forked_ranks([*ours, *short], tmp_path, devices=2)
        assert [rank.returncode for rank in ranks] == [0, 0], [rank.stderr for rank in ranks]
        return
    words = [sys.executable, "-m", "torch.distributed.run", *shlex.split(command)[1:], *short]
    run = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()


@pytest.mark.parametrize(("command", "output"), CONSOLE.items(), ids=CONSOLE)
def test_what_is_shown_is_what_is_printed(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a repository of its own, where the batch size of the shared data set is as the guide says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["segcli"])
    shutil.copytree(ROOT / "experiments", "experiments")
    for words in (["init", "--quiet", "--initial-branch=main"], ["add", "-A"], ["commit", "--quiet", "-m", "Start"]):
        subprocess.run([*GIT, *words], check=True)
    if "--git" in command:
        camvid = Path("experiments/base/data/camvid.yaml")
        camvid.write_text(camvid.read_text().replace("batch_size: 8", "batch_size: 16"))
    assert main(words_of(command)) == (2 if output.startswith("error: ") else 0)
    printed = capsys.readouterr()
    assert without_lines_of_code(printed.out + printed.err) == without_lines_of_code(output)


def without_lines_of_code(text: str) -> str:
    """Return a text without line numbers in code, which change more often than what it does."""
    return re.sub(r"(\S+\.py):\d+", r"\1", text)
