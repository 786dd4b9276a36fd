from pathlib import Path

from segcli.sweeps.cell_trainer import Outcome
from segcli.sweeps.curve import Objective
from segcli.sweeps.table import label, outcome_lines, table

MIOU = Objective("val/mIoU", True)


def test_columns_are_as_wide_as_their_cells() -> None:
    outcomes = [
        Outcome((("model.decoder", "FPN"), ("lr", "0.00044303752452182633")), "finished", Path("runs/x/1"), 0.5, 1.5),
        Outcome((("model.decoder", "UNet"),), "failed"),
    ]
    assert table(outcomes, MIOU) == [
        "model.decoder  lr        run       status    val/mIoU  minutes",
        "FPN            0.000443  runs/x/1  finished  0.5000    1.50",
        "UNet                     -         failed    -         -",
    ]


def test_without_a_metric_there_is_no_column_of_it() -> None:
    assert table([Outcome((("a", "1"),), "finished")], None)[0] == "a  run  status    minutes"


def test_notes_have_lines_of_their_own() -> None:
    outcome = Outcome((), "failed", Path("runs/x/1"), None, 0.05, "error: a\n  --> b")
    assert outcome_lines(outcome, MIOU) == ["failed  runs/x/1  3 s", "  error: a", "    --> b"]
    known = Outcome((), "finished", Path("runs/x/1"), 0.25, 12.0, was_known=True)
    assert outcome_lines(known, MIOU) == ["finished already  runs/x/1  val/mIoU 0.2500  12.0 min"]


def test_long_numbers_are_shortened_and_texts_are_not() -> None:
    assert label((("lr", "0.00044303752452182633"), ("name", "a_long_enough_name"), ("n", "12345678901"))) == (
        "lr=0.000443 name=a_long_enough_name n=12345678901"
    )
