import json

import pytest

from segcli.reports.proposal_report import proposal_report
from segcli.survey.proposal import Proposal
from segcli.survey.setting import Setting

PROPOSAL = Proposal(
    "cells",
    {"segcli:own_folder": "crops"},
    [
        Setting("data.image", "image/{name}.png", "8 images"),
        Setting("data.mask_values", {0: "a|b", 255: "grün"}, "2 values", "the names", {0: "70 %", 255: "30 %"}),
    ],
    8,
    {"train": 6, "val": 2},
    ("a|b", "grün"),
    {"a|b": 0.7, "grün": 0.3},
    "64x32",
    ["one\nthing \x1b[31m"],
)


def test_text_says_what_was_found_and_what_to_run_next() -> None:
    lines = proposal_report(PROPOSAL, "my cells.yaml", "text").splitlines()
    assert lines[0] == "cells: 8 images, 64x32 px; train 6, val 2"
    assert any("data.mask_values" in line and "guess: the names" in line for line in lines)
    assert "note: one thing \\x1b[31m" in lines
    assert "written to my cells.yaml, with 1 guess: data.mask_values. Next:" in lines
    assert lines[-1].endswith("fit -c 'my cells.yaml'")
    assert lines[-2].endswith("data preview -c 'my cells.yaml'")
    assert lines[-3].endswith("check 'my cells.yaml'")


def test_markdown_is_a_table() -> None:
    text = proposal_report(PROPOSAL, "cells.yaml", "markdown")
    assert "| key | value | why |" in text
    assert "a\\|b" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "key", ["file", "root", "images", "splits", "classes", "shares", "settings", "guesses", "notes"]
)
def test_json_has_all(key: str) -> None:
    record = json.loads(proposal_report(PROPOSAL, "cells.yaml", "json"))
    assert key in record
    assert record["guesses"] == ["data.mask_values"]
    assert record["settings"][1]["each"] == {"0": "70 %", "255": "30 %"}
