import pytest

import segcli
from segcli.cli.main import main
from segcli.cli.verbs import VERBS


def test_without_words_the_verbs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(verb in out for verb in VERBS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == segcli.__version__


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert capsys.readouterr().out.count(f"python -m segcli {verb}") >= 2


@pytest.mark.parametrize("words", [["help"], ["help", "--help"], ["help", "help"]])
def test_help_is_a_word_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "usage: python -m segcli VERB" in capsys.readouterr().out
    assert main(["help", "fit"]) == 0
    assert "usage: python -m segcli fit" in capsys.readouterr().out


def test_an_unknown_verb_is_a_mistake_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prdict"]) == 2
    assert "did you mean 'predict'" in capsys.readouterr().err


def test_a_name_that_the_disk_cannot_take_is_a_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(typed: object) -> int:
        return len("Grün".encode("ascii"))

    monkeypatch.setattr("segcli.cli.schema.run", run)
    assert main(["schema"]) == 2
    assert capsys.readouterr().err == (
        "error: 'Grün' cannot be written in the encoding ascii; set PYTHONUTF8=1, or LC_ALL=C.UTF-8\n"
    )
