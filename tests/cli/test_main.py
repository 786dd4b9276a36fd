import errno
from pathlib import Path

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


@pytest.mark.parametrize(
    "words",
    [
        *(
            "fit NAME",
            "fit -c NAME",
            "show NAME",
            "diff NAME NAME",
            "minimize NAME",
            "record NAME --folder .",
            "rerun NAME",
            "data check -c NAME",
        ),
        *(
            "test --ckpt_path NAME",
            "verify NAME",
            "compare NAME",
            "tune lr -c NAME",
            "data check -c NAME",
            "flatten tiny.yaml --output NAME",
        ),
        "fit -c tiny.yaml --data {class_path: FolderDataModule, root: NAME, classes: [a, b]}",
    ],
)
@pytest.mark.parametrize("name", ["x" * 300, "y/" * 3000], ids=["name", "path"])
def test_a_path_that_is_too_long_is_a_mistake(
    tiny: Path, words: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head, _, tail = words.partition(" {")
    line = [*head.split(), *([f"{{{tail}"] if tail else [])]
    assert main([word.replace("NAME", name) for word in line]) == 2
    err = capsys.readouterr().err
    assert err.count("error:") == 1
    assert len(err) < 1000 or "cannot write" in err
    assert name[:50] in err


def test_a_folder_that_may_not_be_read_is_a_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(typed: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/data/of_others")

    monkeypatch.setattr("segcli.cli.schema.run", run)
    assert main(["schema"]) == 2
    assert capsys.readouterr().err.startswith("error: cannot use '/data/of_others': Permission denied; ")
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")
    with pytest.raises(PermissionError):
        main(["schema"])
