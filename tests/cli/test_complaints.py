from pathlib import Path

import pytest

from segcli.cli import complaints
from segcli.config.compose import compose
from segcli.decoders.fpn import FPN


def test_the_parser_s_message_is_cut_to_key_reason_and_line(tiny: Path) -> None:
    text = (
        'Parser key "model.decoder":\n  Type <class \'X\'> expects a function: Parser key "width":\n'
        "    Does not validate against any of the Union subtypes\n    Subtypes: [int, NoneType]\n    Errors:\n"
        "      - Expected a <class 'int'>\n      - Expected a <class 'NoneType'>\n    Given value: abc"
    )
    message = str(complaints.from_parser(TypeError(text), compose([tiny])))
    assert message.startswith("error: model.decoder.width: Expected a <class 'int'>\n  --> ")
    assert "tiny.yaml:12" in message


def test_a_loader_process_s_traceback_is_left_out() -> None:
    wrapped = (
        "Caught DataError in DataLoader worker process 0.\nOriginal Traceback...\nsegcli.sample.DataError: x.png: bad"
    )
    assert str(complaints.from_data(ValueError(wrapped))) == "error: x.png: bad"
    assert str(complaints.from_data(ValueError("y.png: bad"))) == "error: y.png: bad"


def test_our_errors_are_told_from_bugs_by_where_they_arise() -> None:
    with pytest.raises(ValueError, match="FPN got 0") as ours:
        FPN([])
    assert complaints.is_ours(ours.value)
    with pytest.raises(ValueError, match="invalid literal") as other:
        int("x")
    assert not complaints.is_ours(other.value)


def test_long_messages_become_one_line_of_bounded_length() -> None:
    assert complaints.shorten("a\n\n  b  ") == "a; b"
    assert len(complaints.shorten("x" * 1000)) == 400
