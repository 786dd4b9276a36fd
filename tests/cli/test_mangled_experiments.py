"""No text makes a verb that reads experiments raise, or hang; `fit` is stopped before it builds anything."""

import time
from pathlib import Path

import pytest

import segcli.experiment.lightning_cli  # noqa: F401  (the first experiment is not to be charged with the import)
from segcli.cli.main import main
from segcli.config.files import PACKAGE
from segcli.experiment import run
from segcli.experiment.parts import PartError
from segcli.sample import DataError
from tests.mangled import mangled

Capture = pytest.CaptureFixture[str]
SLOWEST_S = 5.0
"""Twice what such a text may take, on a machine that others use as well."""
VERBS = ("show", "why", "diff", "flatten", "minimize", "check", "fit")


def _try(number: int, verbs: tuple[str, ...]) -> list[str]:
    """Return what went wrong with one file."""
    name, content = mangled(number)
    file = Path("experiments") / name
    file.write_bytes(content)
    wrong = []
    for verb in verbs:
        more = {"why": ["model.decoder"], "diff": ["experiments/quickstart.yaml"]}.get(verb, [])
        words = [verb, "-c", str(file)] if verb == "fit" else [verb, str(file), *more]
        start = time.process_time()
        try:
            code = main(words)
        except (Exception, SystemExit) as error:
            if isinstance(error, PartError) and isinstance(error.__cause__, DataError):
                continue  # foreseen: settings of data that contradict each other
            wrong.append(f"{number} {verb}: {type(error).__name__} {error}"[:300])
            continue
        if code not in (0, 2) or time.process_time() - start > SLOWEST_S:
            wrong.append(f"{number} {verb}: exit {code} after {time.process_time() - start:.1f} s")
    file.unlink()
    return wrong


@pytest.fixture
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "experiments").mkdir()
    for path in (PACKAGE.parent / "experiments").iterdir():
        if path.suffix == ".yaml" or path.name == "base":
            (tmp_path / "experiments" / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "_start", lambda *_: 0)  # all that comes before is tried
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")  # what nobody foresaw is raised, not told


def _check(numbers: range, verbs: tuple[str, ...], capsys: Capture) -> None:
    """Try all verbs with each file; none stands for ``show`` and one other in turn."""
    wrong = []
    for number in numbers:
        wrong += _try(number, verbs or ("show", VERBS[number % len(VERBS)]))
        told = capsys.readouterr()
        for mark in ("Node(", "object at 0x", "Traceback", "Item("):
            if mark in told.err:
                wrong.append(f"{number}: {mark}")
    assert wrong == []


@pytest.mark.usefixtures("_shipped")
def test_no_mangled_experiment_raises_or_hangs(capsys: Capture) -> None:
    _check(range(500), (), capsys)
    assert main(["schema"]) == 0  # which reads none of them, wherever it is asked for


@pytest.mark.slow
@pytest.mark.usefixtures("_shipped")
def test_none_of_very_many_does(capsys: Capture) -> None:
    _check(range(1000, 6000), VERBS, capsys)
