from pathlib import Path

import pytest

from segcli.comparison.run_deltas import run_deltas
from segcli.runs.stored_run import StoredRun
from tests.comparison.drawn import run_on_one_truth
from tests.run_folders import write_run


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    return run_on_one_truth(tmp_path / "1", 1, 0.8), run_on_one_truth(tmp_path / "2", 2, 0.85)


def test_deltas_are_of_the_run_after_minus_the_run_before(two: tuple[Path, Path]) -> None:
    before, after = (StoredRun.load(path).scores() for path in two)

    found = run_deltas(*two)

    assert [one.subject for one in found.scores] == ["val/mIoU", "val/mDice", "val/pixel_accuracy"]
    for name, one in zip(("mIoU", "mDice", "pixel_accuracy"), found.scores, strict=True):
        assert one.estimate.mean == pytest.approx(after[name] - before[name], abs=2e-6)
        assert one.estimate.low is not None
        assert one.estimate.low < one.estimate.mean
        assert (one.p, one.verdict) == (None, "unknown")
    assert [one.subject for one in found.by_class] == ["background", "circle", "square"]


def test_a_run_that_is_not_whole_has_none(two: tuple[Path, Path]) -> None:
    (two[1] / "val_images.npz").unlink()
    assert run_deltas(*two).why_not == "2 has no val_images.npz"
    (two[1] / "passport.json").unlink()
    assert run_deltas(*two).why_not == "2 has no passport.json"


def test_runs_of_other_images_have_none(two: tuple[Path, Path]) -> None:
    other = write_run(two[0].parent / "3", content="beef")

    found = run_deltas(two[0], other)

    assert (found.scores, found.by_class) == ((), ())
    assert "different images of val (content): 1 against 3" in found.why_not
