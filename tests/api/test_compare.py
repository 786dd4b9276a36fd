from pathlib import Path

import pytest

import segcli
from tests.run_folders import write_run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number, (decoder, quality) in enumerate((("FPN", 0.9), ("FPN", 0.91), ("UNet", 0.6), ("UNet", 0.61)), 1):
        write_run(tmp_path / "runs" / "x" / str(number), seed=number, decoder=decoder, quality=quality)
    return Path("runs")


def test_groups_and_differences_are_typed_and_shown(runs: Path) -> None:
    found = segcli.compare(runs, by="model.decoder")
    assert [(group.label, len(group.runs)) for group in found.groups] == [("FPN", 2), ("UNet", 2)]
    assert found.pairs[0].score.verdict == "higher"
    assert [row["model.decoder"] for row in found.table] == ["FPN", "UNet"]
    assert found.table[0]["val/mIoU"] == found.groups[0].score.mean
    for text in (repr(found), found._repr_markdown_(), found._repr_html_()):
        assert "FPN is better" in text
        assert f"{found.groups[1].score.mean:.3f}" in text


def test_runs_may_be_given_as_they_are(runs: Path) -> None:
    found = segcli.compare([segcli.Run(path) for path in runs.glob("x/*")], metric="val/mDice")
    assert (found.metric, len(found.groups)) == ("val/mDice", 2)
    assert len(segcli.compare(segcli.Run(runs / "x" / "1")).groups) == 1


def test_the_page_is_the_whole_comparison(runs: Path) -> None:
    found = segcli.compare(runs, by=["model.decoder"])
    assert found.page("report.html") == Path("report.html")
    assert "<!DOCTYPE html>" in Path("report.html").read_text()
    with pytest.raises(segcli.ConfigError, match="cannot write runs: "):
        found.page("runs")


def test_what_comes_from_runs_is_no_markup(tmp_path: Path) -> None:
    for number, name in enumerate(("<script>", "$b"), 1):
        config = {"run": {"root": "runs", "name": name}}
        write_run(tmp_path / name / str(number), config=config, decoder=("FPN", "UNet")[number - 1])
    text = segcli.compare(tmp_path)._repr_html_()
    assert "<script>" not in text


def test_refusals_name_the_argument(runs: Path) -> None:
    write_run(runs / "x" / "5", content="decaf0")
    with pytest.raises(segcli.ConfigError, match="choose others, or force=True"):
        segcli.compare(runs)
    with pytest.raises(segcli.ConfigError, match="error: level: got 7"):
        segcli.compare(runs / "x" / "1", level=7)
