"""Whatever a stored file holds, reading it ends in an error of one run: no traceback, no lost comparison."""

import contextlib
import json
import random
import shutil
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.comparison.compare_runs import compare_runs
from segcli.config.errors import ConfigError
from segcli.ledger.entry import Entry
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from tests.run_folders import write_run, write_test, write_worst

RESULTS = Path(__file__).parent.parent / "experiments" / "results"
VALUES = (None, True, -1, 1e308, 10**400, "x", "\x00", [], {}, [[]], {"a": {}}, float("nan"))
FILES = ("passport.json", "config.yaml", "metrics.csv", "timing.csv", "val_scores.json", "val_images.npz")
OTHERS = (
    "splits.json",
    "worst/worst.json",
    "test/1/passport.json",
    "test/1/test_scores.json",
    "test/1/test_images.npz",
)


def _mangled(content: bytes, is_json: bool, rng: random.Random) -> bytes:
    """Return a file with a value replaced or removed, or with its bytes cut, flipped or doubled."""
    if is_json and rng.random() < 0.7:
        tree = json.loads(content)
        at = tree
        while True:
            keys = list(at) if isinstance(at, dict) else range(len(at))
            key = rng.choice(list(keys))
            if not isinstance(at[key], dict | list) or not at[key] or rng.random() < 0.3:
                break
            at = at[key]
        if rng.random() < 0.2:
            del at[key]
        else:
            at[key] = rng.choice(VALUES)
        return json.dumps(tree).encode()
    place = rng.randrange(len(content))
    damaged = bytearray(content)
    damaged[place] ^= 1 << rng.randrange(8)
    return rng.choice([content[:place], bytes(damaged), content[:place] + b"\x00\xff" + content[place:], b"[" * 5000])


@pytest.mark.parametrize("name", [*FILES, *OTHERS])
def test_one_damaged_run_never_fails_a_comparison_of_others(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    for number in (1, 2):
        run = write_run(tmp_path / "runs" / str(number), number)
        (run / "splits.json").write_text(json.dumps({"val": [f"{n:03d}.png" for n in range(12)]}))
        write_worst(run)
        write_test(run)
    path = tmp_path / "runs" / "2" / name
    whole = path.read_bytes()
    for _ in range(40):
        path.write_bytes(_mangled(whole, name.endswith(".json"), rng))
        for metric in ("val/mIoU", "test/mIoU"):
            found = compare_runs([tmp_path / "runs"], metric=metric, force=True)
            assert tmp_path / "runs" / "1" in [run.path for group in found.groups for run in group.runs]
        with contextlib.suppress(UnreadableRunError):
            StoredRun.load(tmp_path / "runs" / "2").worst()


def test_no_ledger_file_ends_in_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    whole = (RESULTS / "quickstart.json").read_bytes()
    monkeypatch.chdir(tmp_path)
    shutil.copytree(RESULTS.parent, tmp_path / "experiments", ignore=shutil.ignore_patterns("pictures"))
    path = tmp_path / "experiments" / "results" / "quickstart.json"
    for _ in range(60):
        path.write_bytes(_mangled(whole, is_json=True, rng=rng))
        with contextlib.suppress(ConfigError):
            assert Entry.read(path).command
            assert main(["record", "--check"]) in (0, 1, 2)
    capsys.readouterr()
