import json
from pathlib import Path

import pytest

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_all_splits_are_told_or_one(tiny: Path, capsys: Capture) -> None:
    assert main(["data", "stats", "-c", "tiny.yaml", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [(split["split"], split["images"]) for split in record["splits"]] == [("train", 24), ("val", 6), ("test", 4)]
    assert main(["data", "stats", "-c", "tiny.yaml", "--split", "test", "--format", "json"]) == 0
    only = json.loads(capsys.readouterr().out)
    assert only["splits"] == record["splits"][2:]


def test_a_page_is_written(tiny: Path, capsys: Capture) -> None:
    assert main(["data", "stats", "-c", "tiny.yaml", "--html", "new/page.html"]) == 0
    captured = capsys.readouterr()
    assert "written to new/page.html" in captured.err
    assert "train: 24 images of 32 x 32 px" in captured.out
    assert "<h1>tiny</h1>" in Path("new/page.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--html", "page"], "--html: got 'page', expected a name that ends in .html"),
        (["--html", "tiny.yaml/page.html"], "cannot write tiny.yaml/page.html"),
    ],
)
def test_wrong_input_is_told(tiny: Path, words: list[str], message: str, capsys: Capture) -> None:
    assert main(["data", "stats", "-c", "tiny.yaml", *words]) == 2
    assert message in capsys.readouterr().err
