from pathlib import Path

import pytest

import segcli
from tests.run_folders import write_run


def test_changes_are_typed_and_shown_in_three_ways(repository: Path) -> None:
    found = segcli.diff("experiments/a.yaml", "experiments/b.yaml")
    assert [(each.key, each.group, each.old, each.new) for each in found.changes] == [
        ("model.decoder", "architecture", "FPN", "UNet")
    ]
    assert repr(found).splitlines()[:2] == ["architecture", "  model.decoder  FPN → UNet  experiments/b.yaml:3"]
    assert "| architecture | **model.decoder** | FPN | UNet | experiments/b.yaml:3 |" in found._repr_markdown_()
    assert "<td>model.decoder</td><td>FPN</td><td>UNet</td><td>experiments/b.yaml:3</td>" in found._repr_html_()
    assert found.deltas is None


def test_a_revision_and_a_mapping_are_sides_too(repository: Path) -> None:
    found = segcli.diff("HEAD:experiments/a.yaml", {"extends": "experiments/a.yaml", "data": {"batch_size": 4}})
    assert [(each.key, str(each.origin)) for each in found.changes] == [("data.batch_size", "the mapping given")]
    assert "effective batch 8 → 4" in repr(found)


def test_no_difference_is_said(repository: Path) -> None:
    found = segcli.diff("experiments/a.yaml", "experiments/a.yaml")
    assert not found.changes
    assert "no difference" in found._repr_html_()


def test_two_runs_have_differences_of_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a, b = (
        write_run(tmp_path / "runs" / "x" / str(n), quality=0.6 + n / 10, decoder=d)
        for n, d in ((1, "FPN"), (2, "UNet"))
    )
    found = segcli.diff(segcli.Run(a), b, show_all=True)
    assert found.deltas is not None
    assert found.deltas.scores[0].estimate.mean > 0
    assert "val/mIoU" in repr(found)
    assert f"{found.deltas.scores[0].estimate.mean:+.3f}" in found._repr_html_()


def test_what_is_hidden_is_called_by_its_argument(repository: Path) -> None:
    found = segcli.diff("experiments/a.yaml", {"extends": "experiments/a.yaml", "run": {"name": "<i>"}})
    assert found.hidden == ["run.name"]
    assert "show_all=True shows them" in repr(found)
    shown = segcli.diff("experiments/a.yaml", {"extends": "experiments/a.yaml", "run": {"name": "<i>"}}, show_all=True)
    assert "&lt;i&gt;" in shown._repr_html_()
    assert "<i>" not in shown._repr_html_()


def test_an_unknown_file_is_an_error(repository: Path) -> None:
    with pytest.raises(segcli.ConfigError, match=r"no file experiments/d.yaml"):
        segcli.diff("experiments/d.yaml", "experiments/a.yaml")
