from typing import Any

import pytest

from segcli.ledger.entry import Entry, Figure
from segcli.ledger.table import BEGIN, END, HEAD, PageError, Row, score, table, with_table
from tests.ledger.test_entry import CONTENT

COST: dict[str, Any] = {"parameters": 5_200_000, "train_s": 1500.0, "images_per_s": 7.66, "device": "cpu"}
GIT = {"commit": "5e7a000d1c29", "uncommitted": False}
RUN = {"ended": "2026-01-02T00:00:00+00:00", "git": GIT}


def cells(stale: str | None = None, **content: object) -> dict[str, str]:
    entry = Entry("a", {**CONTENT, "cost": COST, "runs": [RUN], **content})
    line = table([Row("a", "A | model <b>", "python -m segcli fit -c a.yaml", entry, stale)]).splitlines()[-1]
    return dict(zip(HEAD, (cell.strip() for cell in line.replace("\\|", "!").strip("|").split("|")), strict=True))


def test_a_row_tells_of_scores_costs_and_origin() -> None:
    assert cells() == {
        "experiment": "`a`",
        "what it is": "A ! model &lt;b&gt;",
        "command": "`python -m segcli fit -c a.yaml`",
        "val mIoU": "0.650 (1 seed)",
        "test mIoU": "-",
        "parameters": "5.2 M",
        "training time": "25 min",
        "images/s": "7.7 (cpu)",
        "when": "2026-01-02, `5e7a000`",
        "state": "current",
    }


def test_a_stale_figure_says_what_changed() -> None:
    assert cells(stale="data.batch_size 8 → 16")["state"] == "**stale**: data.batch_size 8 → 16"


def test_several_runs_name_the_last_day_and_all_commits() -> None:
    later = {"ended": "2026-01-05T01:00:00+00:00", "git": {"commit": "0123456789", "uncommitted": True}}
    assert cells(runs=[RUN, later, RUN])["when"] == "2026-01-05, `5e7a000`, `0123456` with uncommitted changes"
    assert cells(runs=[{"ended": None, "git": None}])["when"] == ""


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ({"parameters": 570_068, "train_s": 37.4, "images_per_s": 1234.5}, ("570 k", "37 s", "1,234")),
        (
            {"parameters": 1e9, "train_s": 7500, "images_per_s": 99.96, "device": "a"},
            ("1000.0 M", "2 h 05 min", "100.0 (a)"),
        ),
        ({}, ("-", "-", "-")),
    ],
)
def test_costs_have_units(cost: dict[str, Any], expected: tuple[str, ...]) -> None:
    found = cells(cost=cost)
    assert (found["parameters"], found["training time"], found["images/s"]) == expected


def test_scores_have_deviation_and_number_of_seeds() -> None:
    assert score(Figure(0.6512, 0.0061, 3)) == "0.651 ± 0.006 (3 seeds)"
    assert score(None) == "-"


def test_an_experiment_without_a_result_is_not_measured() -> None:
    (*_, line) = table([Row("a", "", "x")]).splitlines()
    assert line == "| `a` |  | `x` | not measured | - | - | - | - | - | - |"


def test_only_what_is_between_the_marks_changes() -> None:
    page = f"# A\n\nbefore\n{BEGIN}\n| old |\n{END}\nafter\n"
    assert with_table(page, "| new |\n") == f"# A\n\nbefore\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"
    assert with_table(with_table(page, "| new |\n"), "| new |\n") == with_table(page, "| new |\n")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("# A\n", "add these two lines"),
        (f"{BEGIN}\n", "each of these two lines once"),
        (f"{END}\n{BEGIN}\n", "each of these two lines once"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", "each of these two lines once"),
    ],
)
def test_a_page_without_one_place_for_the_table_is_refused(page: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        with_table(page, "| new |\n")
