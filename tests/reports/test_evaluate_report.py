import json
from pathlib import Path

import torch

from segcli.experiment.evaluate import Evaluated
from segcli.metrics.scores import Scores
from segcli.reports.evaluate_report import evaluate_report
from segcli.runs.predictions import Predictions

FOUND = Evaluated(
    Path("runs/x/1"),
    Predictions(Path("out|")),
    ("a|b", "c"),
    3,
    Scores.of(torch.tensor([[8, 2], [0, 0]])),
    {},
    ["mAP"],
)


def test_markdown_is_a_table_of_classes() -> None:
    lines = evaluate_report(FOUND, "markdown").splitlines()
    assert lines[0] == r"out\|: 3 images of val, written to runs/x/1"
    assert lines[2:] == [
        "| class | IoU | Dice | pixels |",
        "| --- | --- | --- | --- |",
        r"| a\|b | 0.800 | 0.889 | 10 |",
        "| c | 0.000 | 0.000 | 0 |",
        "| **mean** | 0.400 | 0.444 | 10 |",
        "",
        "- pixel accuracy 0.800",
    ]


def test_json_holds_everything() -> None:
    record = json.loads(evaluate_report(FOUND, "json"))
    assert (record["run"], record["images"], record["left_out"], record["mIoU"]) == ("runs/x/1", 3, ["mAP"], 0.4)
    assert record["classes"]["a|b"]["pixels"] == 10
    assert "groups" not in record
