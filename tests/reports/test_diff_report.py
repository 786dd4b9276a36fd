from segcli.config.diff import Change
from segcli.config.errors import Problem
from segcli.config.node import Source
from segcli.config.review import Effect, Review
from segcli.experiment.experiment_diff import ExperimentDiff
from segcli.reports.diff_report import diff_text, review_text

LONG = "x" * 70


def test_groups_stand_in_order_and_long_values_on_lines_of_their_own() -> None:
    changes = [
        Change("model.decoder", "FPN", LONG, None, Source("b.yaml", 2)),
        Change("trainer.max_epochs", "1", "2", None, Source("b.yaml", 3)),
    ]
    found = ExperimentDiff("a", "b", changes, ["run.name"], (8, 16))
    assert diff_text(found, "text").splitlines() == [
        "architecture",
        "  model.decoder  b.yaml:2",
        "    - FPN",
        f"    + {LONG}",
        "optimisation",
        "  trainer.max_epochs  1 → 2  b.yaml:3",
        "effective batch 8 → 16",
        "not shown: run.name (run folders, loggers, workers, moved paths; --all shows them)",
    ]


def test_costs_are_said_once_where_equal() -> None:
    one = ExperimentDiff("a", "b", [], [], (8, 8), ("5 M", "5 M"))
    two = ExperimentDiff("a", "b", [], [], (8, 8), ("5 M", "6 M"))
    assert diff_text(one, "text") == "no difference\n5 M on both sides"
    assert diff_text(two, "text").endswith("5 M → 6 M")


def test_markdown_escapes_what_would_break_a_table() -> None:
    found = ExperimentDiff("a", "b", [Change("data.x", "a|b", "c")], [], (8, 8))
    assert "a\\|b" in diff_text(found, "markdown")


def test_many_experiments_are_counted_and_equal_stems_keep_their_folders() -> None:
    names = tuple(f"experiments/e{i}.yaml" for i in range(9))
    effects = [Effect(Change("data.batch_size", "8", "16", None, Source("base.yaml", 7)), names)]
    text = review_text(Review(effects, unchanged=["x/a.yaml", "y/a.yaml"]), "main", "text", {})
    assert "through base.yaml:7  9: " in text
    bad = {"bad.yaml": Problem("what, where", "model.x", Source("bad.yaml", 3), options=("a", "b"))}
    review = Review(unchanged=["x/a.yaml", "y/a.yaml"], added=["new.yaml"], broken=bad)
    text = review_text(review, "main", "text", {})
    assert text.splitlines()[0] == "no experiments change, 1 does not compose, 1 added since main"
    assert text.endswith("unchanged: x/a.yaml, y/a.yaml")
    assert "added: new" in text
    assert "bad does not compose: model.x: what, where (bad.yaml:3)" in text
