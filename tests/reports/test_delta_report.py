from segcli.comparison.comparison import Difference, Estimate
from segcli.comparison.run_deltas import RunDeltas
from segcli.reports.delta_report import delta_record, delta_text


def difference(subject: str, mean: float) -> Difference:
    return Difference(subject, Estimate(mean, None, mean - 0.01, mean + 0.01), None, None, "unknown")


FOUND = RunDeltas((difference("val/mIoU", 0.02),), (difference("a|b", -0.1),))
UNKNOWN = "one run each: the noise between seeds is unknown, and intervals are of the images only"


def test_text_is_aligned() -> None:
    assert delta_text(FOUND, "text").splitlines() == [
        "scores, after - before",
        "  val/mIoU  +0.020 [+0.010, +0.030]",
        "IoU by class",
        "  a|b       -0.100 [-0.110, -0.090]",
        UNKNOWN,
    ]


def test_markdown_is_a_table() -> None:
    lines = delta_text(FOUND, "markdown").splitlines()
    assert "| val/mIoU | +0.020 [+0.010, +0.030] |" in lines
    assert "| IoU of a\\|b | -0.100 [-0.110, -0.090] |" in lines
    assert lines[-1] == UNKNOWN


def test_without_scores_the_reason_is_one_line() -> None:
    assert delta_text(RunDeltas(why_not="runs/1 has no passport.json"), "text") == (
        "no scores to compare: runs/1 has no passport.json"
    )


def test_the_record_is_plain() -> None:
    record = delta_record(FOUND)
    assert record["why_not"] == ""
    assert record["scores"][0]["estimate"]["mean"] == 0.02  # type: ignore[index]
