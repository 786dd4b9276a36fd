import json
from pathlib import Path

import pytest

from segcli.runs.evaluation import read_evaluation
from segcli.runs.stored_files import StoredFileError
from tests.run_folders import CLASSES, write_run, write_test


def test_scores_and_counts_of_a_test_are_read_and_agree(tmp_path: Path) -> None:
    folder = write_test(write_run(tmp_path / "1"), score=0.6)
    found = read_evaluation(folder, "test", {}, CLASSES)
    assert found.scores["mIoU"] == pytest.approx(0.6, abs=1e-6)
    assert (found.contradictions, found.changed) == ((), ())
    assert read_evaluation(folder, "test", {}, ("a",)).contradictions == (
        "test_scores.json has other classes than passport.json",
    )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = write_test(write_run(tmp_path / "1"))
    scores = json.loads((folder / "test_scores.json").read_text())
    (folder / "test_scores.json").write_text(json.dumps({**scores, "mIoU": 7}))
    with pytest.raises(StoredFileError, match=r"test_scores\.json is damaged: mIoU got 7, expected a number"):
        read_evaluation(folder, "test", {}, CLASSES)
