import json

import pytest

from segcli.cli.main import main


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_table_says_yes_or_why_not(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "decoders", "FC*", "--matrix", "--format", form]) == 0
    told = capsys.readouterr().out
    if form == "json":
        reason = json.loads(told)[-1]["reason"]
        assert {(row["decoder"], row["reason"]) for row in json.loads(told)} == {("FCN", ""), ("FCN", reason)}
    else:
        row = next(line for line in told.splitlines() if line.strip("| ").startswith("FCN"))
        assert row.count("yes") == 3
        assert "plain transformer with tail_blocks" in told


def test_reasons_stand_below_by_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "decoders", "EoMT", "--matrix"]) == 0
    told = capsys.readouterr().out
    assert told.count("no, 1") == 3
    assert "1  EoMT got a backbone that leaves it no blocks" in told


@pytest.mark.parametrize(
    ("words", "told"), [(["losses"], "--matrix is of decoders, and got losses"), (["decoders", "FNP"], "FPN")]
)
def test_what_is_no_decoder_is_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *words, "--matrix"]) == 2
    assert told in capsys.readouterr().err
