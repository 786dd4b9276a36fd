"""The texts of mistakes.txt: files, overrides, and what the user then reads, word for word."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from segcli.cli.main import main
from segcli.cli.verbs import VERBS

Capture = pytest.CaptureFixture[str]
SNAPSHOTS = Path(__file__).parent / "mistakes.txt"
WANTED = {
    *("unknown key at top", "unknown key nested", "unknown key inside a list", "unknown class"),
    *("class of the wrong family", "wrong type nested", "missing required", "null", "missing file", "missing parent"),
    *("cycle", "duplicate key", "bad YAML", "bad interpolation", "unknown override", "list index"),
}


class Case(NamedTuple):
    files: dict[str, str]
    words: list[str]
    message: str


def read(block: str) -> tuple[str, Case]:
    """Read one case: ``=== name: overrides``, files that begin with ``# name.yaml``, ``---``, the message."""
    head, _, rest = block.partition("\n")
    name, _, words = head.partition(": ")
    written, _, message = rest.partition("---\n")
    parts = re.split(r"^# (\S+\.yaml)\n", written, flags=re.MULTILINE)[1:]
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    return name, Case(files, words.split(), message.strip())


CASES = dict(read(block) for block in SNAPSHOTS.read_text().split("=== ")[1:])


@pytest.mark.parametrize("name", CASES)
def test_what_the_user_reads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    case = CASES[name]
    for file, text in case.files.items():
        Path(file).write_text(text)
    for verb in ("fit", "show"):
        file = ["-c", "x.yaml"] if verb == "fit" else ["x.yaml"]
        assert main([verb, *file, *case.words]) == 2
        assert capsys.readouterr().err.strip() == case.message
    assert sorted(path.name for path in Path().iterdir()) == sorted(case.files)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_takes_four_lines_at_most_and_says_where(name: str) -> None:
    for message in re.split(r"^(?=error: )", CASES[name].message, flags=re.MULTILINE)[1:]:
        lines = [line for line in message.splitlines() if not line.endswith("Nothing was run.")]
        assert len(lines) <= 4
        assert "Traceback" not in message


def test_the_cases_cover_what_they_should() -> None:
    assert set(CASES) >= WANTED


def test_an_unknown_verb(capsys: Capture) -> None:
    assert main(["shw"]) == 2
    assert capsys.readouterr().err == f"error: no verb 'shw' (did you mean 'show'?)\n  verbs: {', '.join(VERBS)}\n"


def test_a_mistake_is_found_before_torch_is_imported(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("data: ShapesDataModule\nmodle: 1\n")
    code = "import sys; from segcli.cli.main import main; main(['fit', '-c', 'x.yaml']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "did you mean 'model'" in done.stderr
