import io
import json
import math

import torch
from rich.console import Console

from segcli.callbacks.score_files import score_record
from segcli.callbacks.score_table import group_table, score_tables
from segcli.metrics.scores import Scores
from segcli.score_spec import MetricSpec

MATRIX = torch.tensor([[8, 2, 0], [0, 10, 0], [0, 0, 0]])


def test_absent_classes_are_marked_and_left_out_of_the_mean() -> None:
    console = Console(width=80, file=io.StringIO())
    console.print(*score_tables(("a", "b", "c"), Scores.of(MATRIX), "title"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    rows = {line.split()[1]: line for line in text.splitlines() if line.startswith("│")}
    assert "0.800" in rows["a"]
    assert "0.833" in rows["b"]
    assert "absent" in rows["c"]
    assert "0.817" in rows["mean"]


def test_metrics_have_a_table_of_their_own() -> None:
    whole, of_class = MetricSpec("mAP", "AP", title="mAP", class_title="AP").scores
    (of_set,) = MetricSpec("ece", title="ECE").scores
    values = torch.tensor(0.5), torch.tensor([0.25, 0.75, math.nan]), torch.tensor(0.125)
    scores = Scores.of(MATRIX)._replace(others=tuple(zip((whole, of_class, of_set), values, strict=True)))
    console = Console(width=80, file=io.StringIO())
    tables = score_tables(("a", "b", "c"), scores, "title")
    console.print(tables[1])
    text = console.file.getvalue()  # type: ignore[attr-defined]
    rows = {line.split()[1]: line.split() for line in text.splitlines() if line.startswith("│")}

    assert len(tables) == 2
    assert [rows[name][3] for name in ("a", "b", "c", "mean", "ECE")] == ["0.250", "0.750", "absent", "0.500", "0.125"]
    record = json.loads(json.dumps(score_record(("a", "b", "c"), scores)))
    assert (record["mAP"], record["ece"]) == (0.5, 0.125)
    assert [entry["AP"] for entry in record["classes"].values()] == [0.25, 0.75, None]


def test_metrics_without_classes_are_listed() -> None:
    (of_set,) = MetricSpec("ece", title="ECE").scores
    console = Console(width=80, file=io.StringIO())
    console.print(
        score_tables(("a", "b", "c"), Scores.of(MATRIX)._replace(others=((of_set, torch.tensor(0.5)),)), "t")[1]
    )
    text = console.file.getvalue()  # type: ignore[attr-defined]

    assert "ECE" in text
    assert "class" not in text


def test_the_group_with_the_lowest_score_comes_first() -> None:
    found = {name: {"images": 2, "mIoU": score} for name, score in (("a", 0.9), ("b", 0.3), ("c", None))}
    assert [cell.plain for cell in group_table(found).columns[0]._cells] == ["b", "a", "c"]  # type: ignore[union-attr]


def test_groups_have_the_scores_that_are_wanted_of_them() -> None:
    found = {"a": {"images": 2, "mIoU": 0.9, "hd95": 3.0}, "b": {"images": 1, "mIoU": 0.5, "hd95": None}}
    table = group_table(found)

    assert [column.header for column in table.columns] == ["group", "images", "mIoU", "hd95"]
    assert list(table.columns[3].cells) == ["absent", "3.000"]
