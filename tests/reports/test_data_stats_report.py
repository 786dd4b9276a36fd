import json

from segcli.reports.data_stats_report import data_stats_report
from tests.inspection.made_statistics import make_statistics


def test_text_is_a_table_for_each_split() -> None:
    lines = data_stats_report(make_statistics("sky", "\x1bcar"), "text").splitlines()
    assert lines[0].startswith("train: 5 images of 64 x 48, 40 x 30 px")
    assert " ".join(lines[2].split()) == "class share pixels images objects median px 5 to 95 % px"
    assert " ".join(lines[4].split()) == r"\x1bcar 10.00% 1,000 1 1 20 1 to 3,000"
    assert lines[5:7] == ["", lines[0].replace("train", "val")]


def test_markdown_has_a_row_for_every_class() -> None:
    text = data_stats_report(make_statistics("sky", "a|b", splits=("val",)), "markdown")
    assert "| a\\|b | 10.00% | 1,000 | 1 | 1 | 20 | 1 to 3,000 |" in text
    assert text.count("\n| ") == 4


def test_json_holds_all() -> None:
    record = json.loads(data_stats_report(make_statistics("sky", "car"), "json"))
    assert record["name"] == "mine"
    assert [split["split"] for split in record["splits"]] == ["train", "val"]
    first = record["splits"][0]
    assert first["sizes"][0] == {"height": 48, "width": 64, "images": 4}
    assert first["classes"][0]["objects"] is None
    assert (first["mean"], first["std"], first["ignored"]) == ([0.5], [0.25], 0.125)
