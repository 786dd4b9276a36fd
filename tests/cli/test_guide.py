import re
import sys

import pytest

from segcli.cli.guide import FOLDER, INDEX, text_of, topics
from segcli.cli.main import main

WIDTH = 60


def test_without_a_topic_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(topics())]] == list(topics())
    assert all(about in line for about, line in zip(topics().values(), lines, strict=False))
    assert lines[-1] == "python -m segcli guide first-experiment"


def test_every_file_is_a_topic() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {INDEX, *topics()}


@pytest.mark.parametrize("topic", topics())
def test_a_topic_is_markdown_where_there_is_no_terminal(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", topic]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# ")
    assert ".md)" not in out
    assert "\x1b" not in out


@pytest.mark.parametrize("topic", topics())
def test_a_terminal_gets_it_formatted_within_its_width(
    topic: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["guide", topic]) == 0
    colourful = capsys.readouterr().out
    plain = re.sub(r"\x1b\[[\d;]*m", "", colourful)
    assert colourful != plain
    assert "```" not in plain
    assert max(map(len, plain.splitlines())) <= WIDTH
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["guide", topic]) == 0
    styles = "".join(re.findall(r"\x1b\[([\d;]*)m", capsys.readouterr().out)).split(";")
    assert not [style for style in styles if re.fullmatch(r"[349]\d|10\d", style)]


def test_a_link_names_the_command_that_prints_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["segcli"])
    assert "`my_module.MyDecoder` is a class of yours (plug-ins (`segcli guide plug-ins`))" in text_of("experiments")


def test_an_unknown_topic_is_a_mistake_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", "resume"]) == 2
    assert "guide does not know 'resume' (did you mean 'resuming'?)" in capsys.readouterr().err
    assert main(["guide", "own", "house"]) == 2
    assert "guide takes one TOPIC, got 2: own, house" in capsys.readouterr().err


@pytest.mark.parametrize("topic", topics())
def test_a_topic_may_be_written_in_words_of_its_own(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", *topic.split("-")]) == 0
    assert capsys.readouterr().out.strip() == text_of(topic).strip()
