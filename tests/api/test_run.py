import json
import pickle
from pathlib import Path

import pytest

import segcli
from segcli.runs.stored_run import StoredRun
from tests.run_folders import write_run


def test_a_run_has_what_it_recorded(trained: Path) -> None:
    run = segcli.Run(trained)
    recorded = json.loads((trained / "val_scores.json").read_text())
    assert run.scores == {name: value for name, value in recorded.items() if name != "classes"}
    assert run.class_scores[0] == {"class": "background", **recorded["classes"]["background"]}
    assert run.passport["status"] == run.status == "finished"
    assert run.config["trainer"]["max_epochs"] == 2
    assert [row["epoch"] for row in run.metrics if "val/mIoU" in row] == [1, 2]
    assert run.best_checkpoint == trained / "checkpoints" / "best.ckpt"
    assert run.last_checkpoint == trained / "checkpoints" / "last.ckpt"
    assert isinstance(run.stored, StoredRun)


def test_it_is_the_same_run_from_another_folder(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = segcli.Run(copied)
    assert repr(run).startswith("Run('runs/tiny/1': finished, val/mIoU 0.")
    assert repr(run).endswith(f"epoch {run.scores['epoch']})")
    monkeypatch.chdir("/")
    assert run.name == "tiny/1"
    assert run.shown.endswith("runs/tiny/1")
    assert pickle.loads(pickle.dumps(run)).scores == run.scores


def test_a_notebook_shows_a_row_for_each_class_and_their_mean(trained: Path) -> None:
    run = segcli.Run(trained)
    text = run._repr_html_()
    for row in run.class_scores:
        assert f'<th scope="row">{row["class"]}</th><td class="number">{row["IoU"]:.3f}</td>' in text
    assert f'<th scope="row">mean</th><td class="number">{run.scores["mIoU"]:.3f}</td>' in text
    assert f"validation, epoch {run.scores['epoch']}" in text


def test_names_of_classes_are_no_markup(tmp_path: Path) -> None:
    path = write_run(tmp_path / "runs" / "<b>" / "1", classes=("<script>alert(1)</script>", "b", "c"))
    text = segcli.Run(path)._repr_html_()
    assert "<script>" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_run_that_did_not_finish_is_shown_and_has_no_scores(tmp_path: Path) -> None:
    run = segcli.Run(write_run(tmp_path / "runs" / "x" / "1", status="running"))
    assert repr(run).endswith("x/1': running)")
    assert "did not finish (running, or killed)" in run._repr_html_()
    with pytest.raises(segcli.ConfigError, match="did not finish"):
        _ = run.scores
    assert run.last_checkpoint is None


def test_changed_scores_are_refused(copied: Path) -> None:
    path = copied / "val_scores.json"
    path.write_text(path.read_text().replace('"mIoU"', '"mIoU" '))
    with pytest.raises(segcli.ConfigError, match=r"runs/tiny/1 val_scores.json was changed"):
        _ = segcli.Run(copied).class_scores


@pytest.mark.parametrize(("place", "reason"), [("nowhere", "nowhere is no folder"), (".", ". holds no run")])
def test_other_folders_are_no_runs(place: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(segcli.ConfigError, match=f"{reason}; name that of a run, such as runs/quickstart/1"):
        segcli.Run(place)
