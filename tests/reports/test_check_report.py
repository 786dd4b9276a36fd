import json
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import Problem
from segcli.config.node import Source
from segcli.experiment.check import Report
from segcli.reports.check_report import report_text


@pytest.fixture
def reports(tiny: Path) -> list[Report]:
    bad = Problem("what is wrong", "model.x", Source("bad.yaml", 3), options=("a", "b"))
    odd = Problem("what is odd", "model.y", Source("tiny.yaml", 2))
    return [Report("tiny.yaml", warnings=[odd], experiment=compose([tiny])), Report("bad.yaml", errors=[bad])]


def test_text_has_a_line_per_file_and_what_was_found_beneath(reports: list[Report]) -> None:
    assert report_text(reports, "text").splitlines() == [
        "ok  tiny.yaml  FPN on test_resnet.r160_in1k",
        "  warning: model.y: what is odd",
        "    --> tiny.yaml:2",
        "bad bad.yaml",
        "  error: model.x: what is wrong",
        "    --> bad.yaml:3",
        "    options: a, b",
        "2 files, 1 error, 1 warning. Nothing was run.",
    ]


def test_markdown_is_a_table_and_a_block(reports: list[Report]) -> None:
    lines = report_text(reports, "markdown").splitlines()
    assert lines[2] == "| tiny.yaml | ok, 1 warning | FPN on test_resnet.r160_in1k |"
    assert lines[3] == "| bad.yaml | 1 error |  |"
    assert lines.count("```") == 2


def test_json_has_files_and_lines(reports: list[Report]) -> None:
    good, bad = json.loads(report_text(reports, "json"))
    assert (good["ok"], bad["ok"]) == (True, False)
    assert bad["errors"] == [{"key": "model.x", "message": "what is wrong", "file": "bad.yaml", "line": 3}]


def test_a_fragment_says_what_was_not_checked() -> None:
    assert "not what it leaves to others" in report_text([Report("base/x.yaml", is_fragment=True)], "text")
